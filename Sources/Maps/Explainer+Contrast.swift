import Rasters
import Tensors

extension Explainer {
  /// What speaks for one class against another: for every attribution whose values have a sign, the ``Signed`` view of its value for
  /// class `c` less that for class `q`, per channel element.
  ///
  /// For the gradient this is the gradient of S_c − S_q: what should get brighter or darker for the model to tell the two apart more
  /// surely. Exchanging the classes changes the sign and nothing else. Cost: each attribution's shared work and two classes' work.
  ///
  /// - Parameters:
  ///   - image: [1, C, H, W] in 0…1.
  ///   - progress: called with the share of the work that is done, 0…1.
  /// - Throws: as ``explain(_:classes:indices:progress:)``.
  @TorchActor public func contrast(
    _ image: Tensor, of explained: Int, against rival: Int, progress: (Double) -> Void = { _ in }
  ) throws -> [SaliencyMap] {
    precondition(image.shape[0] == 1, "one image is contrasted at a time")
    let batch = ImageBatch(try image.to(classifier.device), memory: memory)
    let signed = attributions.filter { $0.sign != nil }
    return try signed.enumerated().map { turn, attribution in
      let work = try attribution.begin(batch, classifier)
      var difference: Tensor?
      try work.values(
        for: [[explained], [rival]], progress: { progress((Double(turn) + $0) / Double(signed.count)) }
      ) { _, values in
        difference = try difference.map { try $0 - values } ?? values
      }
      guard let difference, try difference.isFinite().to(.uint8).min().integers()[0] == 1 else {
        throw ClassifierError.notFinite(what: "\(attribution.name) values")
      }
      let map = try Views.signed.maps(ClassExtremes(own: difference))
      return SaliencyMap(
        attribution, Views.signed,
        values: Raster(height: map.shape[1], width: map.shape[2], values: try map.floats()))
    }
  }
}
