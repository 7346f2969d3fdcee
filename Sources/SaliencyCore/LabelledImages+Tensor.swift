import Rasters
import Tensors

extension LabelledImages {
  /// The images as a tensor [N, C, H, W] in 0…1, its memory in channels-last order.
  @TorchActor public func images(
    _ indices: some Collection<Int>, type: ElementType = .float32, device: Device = .cpu
  ) throws -> Tensor {
    let size = indices.count * imageSize
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
      copyPixels(of: indices, into: buffer)
      initialized = size
    }
    return try Tensor(bytes, shape: [indices.count, height, width, channels])
      .to(device).to(type).permuted([0, 3, 1, 2]) * (1 / 255)
  }

  /// The classes of the images as an int64 tensor [N].
  @TorchActor public func labels(_ indices: some Collection<Int>, device: Device = .cpu) throws -> Tensor {
    try Tensor(indices.map { Int64(labels[$0]) }, shape: [indices.count]).to(device)
  }
}
