import Rasters
import Tensors

extension LabelledImages {
  /// The images as a tensor [N, C, H, W] in 0…1, its memory in channels-last order.
  @TorchActor public func images(
    _ indices: some Collection<Int>, type: ElementType = .float32, device: Device = .cpu
  ) throws -> Tensor {
    try images(pixels: pixels(of: indices), type: type, device: device)
  }

  /// The images' pixels one after the other: N×H×W×C bytes.
  public func pixels(of indices: some Collection<Int>) -> [UInt8] {
    let size = indices.count * imageSize
    return [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
      copyPixels(of: indices, into: buffer)
      initialized = size
    }
  }

  /// What ``pixels(of:)`` has gathered, perhaps on another thread, as a tensor [N, C, H, W] in 0…1.
  @TorchActor public func images(
    pixels: [UInt8], type: ElementType = .float32, device: Device = .cpu
  ) throws -> Tensor {
    try Tensor(pixels, shape: [pixels.count / imageSize, height, width, channels])
      .to(device).to(type).permuted([0, 3, 1, 2]) * (1 / 255)
  }

  /// The classes of the images as an int64 tensor [N].
  @TorchActor public func labels(_ indices: some Collection<Int>, device: Device = .cpu) throws -> Tensor {
    try Tensor(indices.map { Int64(labels[$0]) }, shape: [indices.count]).to(device)
  }
}
