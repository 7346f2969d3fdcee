"""Makes the picture files beside it: pip install pillow==13.0.0 numpy, then python make_fixtures.py.

Every picture is 12 wide and 8 high and follows one formula, so that the tests know each pixel:
value(row, column, channel) = (16 * row + 5 * column + 60 * channel) % 256.
"""

import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

HERE = Path(__file__).parent
HEIGHT, WIDTH = 8, 12
row, column = np.mgrid[0:HEIGHT, 0:WIDTH]
values = (16 * row + 5 * column)[:, :, None] + 60 * np.arange(4)
values = (values % 256).astype(np.uint8)
rgb, grey = values[:, :, :3], values[:, :, 0]
# The left half opaque, the right half transparent, the last column half so.
alpha = np.where(column < 6, 255, 0).astype(np.uint8)
alpha[:, -1] = 128
rgba = np.dstack([rgb, alpha])


def save(array, name, mode=None, **options):
    Image.fromarray(array, mode).save(HERE / name, **options)


def png(name, array, colour_type, depth):
    """A PNG of a kind that Pillow does not write; `array` holds the samples."""
    lines = b"".join(b"\0" + line.astype(">u2" if depth == 16 else ">u1").tobytes() for line in array)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour_type, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b"")]
    with open(HERE / name, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for kind, data in chunks:
            file.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))


# 8 bits
save(rgb, "rgb.png")
save(rgb, "rgb.bmp")
save(rgb, "rgb.tif", compression="tiff_lzw")
save(rgb, "rgb.webp", lossless=True)
save(rgb, "rgb.jpg", quality=100, subsampling=0)
save(rgb, "progressive.jpg", quality=100, subsampling=0, progressive=True)
save(np.dstack([grey] * 3), "lossy.webp", quality=100)
save(grey, "grey.png")
save(grey, "grey.jpg", quality=100)
save(grey, "grey.tif")
save(rgb[:1, :1].copy(), "one-pixel.png")

# Alpha
save(rgba, "rgba.png")
save(rgba, "rgba.webp", lossless=True, exact=True)
save(rgba, "rgba.tif")
save(np.dstack([grey, alpha]), "grey-alpha.png", mode="LA")
save(np.dstack([rgb, np.full_like(alpha, 255)]), "opaque-alpha.png")

# 16 bits, one, and palettes: the low byte is not zero, so that rounding shows.
png("rgb16.png", rgb.reshape(HEIGHT, -1).astype(np.uint16) * 256 + 77, 2, 16)
png("rgba16.png", np.dstack([rgb, alpha]).reshape(HEIGHT, -1).astype(np.uint16) * 257, 6, 16)
png("grey16.png", grey.astype(np.uint16) * 256 + 77, 0, 16)
save(grey.astype(np.uint16) * 256 + 77, "grey16.tif")
save(np.where(grey > 100, 255, 0).astype(np.uint8), "bilevel.png")
Image.fromarray(grey > 100).save(HERE / "bilevel.tif", compression="group4")
palette = Image.fromarray((column // 3 + 4 * (row // 4)).astype(np.uint8), "P")
palette.putpalette([component for i in range(8) for component in (30 * i, 255 - 20 * i, 10 * i)])
palette.save(HERE / "palette.png")
palette.save(HERE / "palette.bmp")
palette.save(HERE / "palette.tif")
palette.save(HERE / "palette-transparent.png", transparency=0)
palette.save(HERE / "palette-transparent.gif", transparency=0)
other = palette.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
palette.save(HERE / "animated.gif", save_all=True, append_images=[other], duration=100)

# CMYK without a profile: no ink, and each ink on its own.
inks = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
for i in range(4):
    inks[:, 2 * i + 2 : 2 * i + 4, i] = 255
Image.fromarray(inks, "CMYK").save(HERE / "cmyk.tif")
Image.fromarray(inks, "CMYK").resize((96, 64), Image.Resampling.NEAREST).save(HERE / "cmyk.jpg", quality=95)



def profile(space, tags):
    """An ICC profile, version 2, of the given colour space to Lab."""
    table, body = struct.pack(">I", len(tags)), b""
    for signature, data in tags:
        table += struct.pack(">4sII", signature, 132 + 12 * len(tags) + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    header = struct.pack(">I4sI4s4s4s", 132 + 12 * len(tags) + len(body), b"lcms", 0x02400000, b"prtr", space, b"Lab ")
    header += struct.pack(">6H4s", 2025, 1, 1, 0, 0, 0, b"acsp") + b"\0" * 28
    header += struct.pack(">III", 0xF6D6, 0x10000, 0xD32D)
    return header + b"\0" * (128 - len(header)) + table + body


# Every mixture of inks is the same mid-grey, L = 50, which nobody would expect without the embedded profile.
identity = bytes(range(256))
lut = b"mft1" + bytes([0, 0, 0, 0, 4, 3, 2, 0]) + struct.pack(">9i", *(65536 * int(i % 4 == 0) for i in range(9)))
lut += 4 * identity + 16 * bytes([128, 128, 128]) + 3 * identity
white = struct.pack(">4sIIII", b"XYZ ", 0, 0xF6D6, 0x10000, 0xD32D)
mid_grey = profile(b"CMYK", [(b"A2B0", lut), (b"A2B1", lut), (b"wtpt", white)])
Image.fromarray(inks, "CMYK").save(HERE / "cmyk-profile.tif", icc_profile=mid_grey)

# A profile with red and blue exchanged.
srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
swapped = srgb.replace(b"rXYZ", b"????", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"????", b"bXYZ", 1)
save(rgb, "profile.png", icc_profile=swapped)

# More frames and other layouts
palette.save(HERE / "pages.tif", save_all=True, append_images=[other])
bitmap = bytearray((HERE / "rgb.bmp").read_bytes())
bitmap[22:26] = struct.pack("<i", -HEIGHT)
bitmap[54:] = np.flipud(np.frombuffer(bytes(bitmap[54:]), np.uint8).reshape(HEIGHT, -1)).tobytes()
(HERE / "top-down.bmp").write_bytes(bitmap)

# Headers that promise 40,000 × 40,000 pixels
huge = struct.pack(">II", 40000, 40000)
data = (HERE / "rgb.png").read_bytes()
header = b"IHDR" + huge + data[24:29]
(HERE / "huge.png").write_bytes(data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:])
data = (HERE / "rgb.jpg").read_bytes()
frame = data.index(b"\xff\xc0")
(HERE / "huge.jpg").write_bytes(data[: frame + 5] + struct.pack(">HH", 40000, 40000) + data[frame + 9 :])
data = (HERE / "rgb.bmp").read_bytes()
(HERE / "huge.bmp").write_bytes(data[:18] + struct.pack("<ii", 40000, 40000) + data[26:])
data = (HERE / "animated.gif").read_bytes()
frame = data.index(b"\x2c\0\0\0\0")
size = struct.pack("<HH", 40000, 40000)
(HERE / "huge.gif").write_bytes(data[:6] + size + data[10 : frame + 5] + size + data[frame + 9 :])

# What cannot be read
save(np.linspace(-1, 1, 96, dtype=np.float32).reshape(HEIGHT, WIDTH), "float.tif")
save(rgb, "icon.ico", sizes=[(12, 8)])

# The eight orientations. JPEG is exact on flat 8×8 blocks only: 24×16 pixels, the stored blocks told apart by grey level.
blocks = np.kron(np.array([[20, 70, 120], [170, 220, 250]], np.uint8), np.ones((8, 8), np.uint8))
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    save(rgb, f"orientation-{orientation}.png", exif=exif)
    save(rgb, f"orientation-{orientation}.webp", lossless=True, exif=exif)
    save(rgb, f"orientation-{orientation}.tif", tiffinfo={0x0112: orientation})
    save(blocks, f"orientation-{orientation}.jpg", quality=100, exif=exif)
