# docker build --tag saliency . && docker run --rm --volume "$PWD:/pictures" saliency explain photo.jpg
# Without saliency explore, whose page nobody outside of the container could reach.
FROM swift:6.1-bookworm AS build
WORKDIR /src
COPY . .
RUN Scripts/bootstrap \
  && swift build --configuration release --product saliency --static-swift-stdlib --disable-default-traits \
  && mkdir /out && cp -r "$(swift build --configuration release --show-bin-path)"/saliency \
    "$(swift build --configuration release --show-bin-path)"/swift-saliency_Networks.resources /out/

FROM debian:bookworm-slim
RUN apt-get update --quiet --quiet \
  && DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends \
    ca-certificates dataset-fashion-mnist fonts-dejavu-core libarchive13 libcairo2 libcurl4 libopenblas0-openmp \
    libpango-1.0-0 libpangocairo-1.0-0 libtorch1.13 libvips42 libxml2 \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /out /usr/local/lib/saliency
RUN ln -s ../lib/saliency/saliency /usr/local/bin/saliency
WORKDIR /pictures
ENTRYPOINT ["saliency"]
