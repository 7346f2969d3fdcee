import Tensors

/// Class activation maps: which places of a layer speak for the class, from its activations and the gradient with respect to them.
///
/// With A_k the activations of feature k and g_k = ∂S_c/∂A_k, all planes of h × w places, the map is
///
/// - `grad-cam`: Σ_k A_k · mean(g_k) (R. R. Selvaraju and others, *Grad-CAM*, 2017);
/// - `grad-cam++`: Σ_k A_k · Σ α_k relu(g_k), with α = g² / (2 g² + ΣA_k · g³) (A. Chattopadhyay and others, *Grad-CAM++*, 2018);
/// - `layer-cam`: Σ_k A_k · relu(g_k) at each place (P.-T. Jiang and others, *LayerCAM*, 2021),
///
/// enlarged to the image with bilinear interpolation, the same in every channel. The papers end with a ReLU; here the sign stays, so
/// that every view works: positive is what they show. It means evidence for or against the class. Values have the unit of logits
/// (grad-cam and layer-cam).
///
/// The layer is the last one that has a plane and of which more than one place reaches the logits; ``layer`` names another. Needs a
/// ``LayeredClassifier``.
///
/// **Cost.** One forward pass, and for each class a backward pass to the layer alone.
public struct CAM: Attribution {
  public enum Kind: String, Sendable, CaseIterable {
    case gradCAM = "grad-cam"
    case gradCAMPlusPlus = "grad-cam++"
    case layerCAM = "layer-cam"
  }

  public nonisolated let kind: Kind
  /// Nil: the last one that fits.
  public nonisolated var layer: String?

  public nonisolated var name: String { kind.rawValue }
  public let group = AttributionGroup.cam
  public let sign: Sign? = .evidence
  public nonisolated var settings: [String: String] { layer.map { ["layer": $0] } ?? [:] }

  public nonisolated func configured(by options: MethodOptions) -> Self { Self(kind, layer: options.layer) }

  public nonisolated init(_ kind: Kind = .gradCAM, layer: String? = nil) {
    self.kind = kind
    self.layer = layer
  }

  public nonisolated func check(_ classifier: any Classifier) throws {
    _ = try LayeredWork.layered(classifier, for: name)
  }

  public func probe(_ classifier: any Classifier) throws {
    _ = try LayeredWork.layered(classifier, for: name).layer(layer, for: name)
  }

  public func begin(_ batch: ImageBatch, _ classifier: any Classifier) throws -> any ClassAttributions {
    let layered = try LayeredWork.layered(classifier, for: name)
    let layer = try layered.layer(layer, for: name)
    let (values, logits) = try layered.activations(batch.images, at: layer)
    guard logits.requiresGradient else { throw MethodError.unreachedLayer(layer.name) }
    return try Work(kind, layer, values, logits, shape: batch.images.shape)
  }

  private final class Work: ClassAttributions {
    let logits: Tensor
    private let kind: Kind
    private let layer: NetworkLayer
    private let values: Tensor
    /// [N, K, h, w]
    private let activations: Tensor
    private let shape: [Int]

    init(_ kind: Kind, _ layer: NetworkLayer, _ values: Tensor, _ logits: Tensor, shape: [Int]) throws {
      (self.kind, self.layer, self.values, self.logits, self.shape) = (kind, layer, values, logits, shape)
      activations = try layer.plane(of: values.detached()).contiguous()
    }

    func values(
      for turns: [[Int]], progress: (Double) -> Void, _ take: (_ turn: Int, _ values: Tensor) throws -> Void
    ) throws {
      for (turn, classes) in turns.enumerated() {
        try Task.checkCancellation()
        let seed = try Tensor(oneHot: classes, like: logits)
        guard let gradient = try logits.gradients(seed: seed, of: [values], retaining: true)[0] else {
          throw MethodError.unreachedLayer(layer.name)
        }
        let plane = try map(layer.plane(of: gradient).contiguous())
        let image = try plane.to(.float32).enlarged(height: shape[2], width: shape[3])
        try take(turn, image.to(logits.type ?? .float32).expanded(shape).contiguous())
        progress(Double(turn + 1) / Double(turns.count))
      }
    }

    /// [N, 1, h, w]
    private func map(_ gradient: Tensor) throws -> Tensor {
      let weighted =
        switch kind {
        case .gradCAM: try activations * gradient.mean([2, 3], keepingAxes: true)
        case .gradCAMPlusPlus: try activations * plusPlus(gradient)
        case .layerCAM: try activations * gradient.relu()
        }
      return try weighted.sum([1], keepingAxes: true)
    }

    private func plusPlus(_ gradient: Tensor) throws -> Tensor {
      let square = try gradient * gradient
      let divisor = try square * 2 + activations.sum([2, 3], keepingAxes: true) * square * gradient
      let zero = try Tensor(repeating: 0, shape: [], type: gradient.type ?? .float32, device: gradient.device)
      // Where nothing flows back, the quotient is 0 / 0; elsewhere it may be close to that, as in pytorch-grad-cam.
      let share = try Tensor.choose(
        square / (divisor + 1e-6), where: square.isGreater(than: zero), otherwise: zero)
      return try (share * gradient.relu()).sum([2, 3], keepingAxes: true)
    }
  }
}

extension LayeredClassifier {
  /// The layer of that name, or the last one that fits.
  ///
  /// - Throws: ``MethodError``.
  package func layer(_ name: String?, for attribution: String) throws -> NetworkLayer {
    let layers = try spatialLayers()
    guard let name else {
      guard let last = layers.last(where: \.reachesLogits) else { throw MethodError.noSpatialLayer(attribution) }
      return last
    }
    guard let layer = layers.first(where: { $0.name == name }) else {
      throw MethodError.unknownLayer(name, known: layers.map(\.name))
    }
    return layer
  }
}
