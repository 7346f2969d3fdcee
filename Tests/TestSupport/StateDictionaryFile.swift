import Foundation
import Tensors

/// What `torch.save` writes of a state dictionary of float32 tensors.
public enum StateDictionaryFile {
  @TorchActor public static func data(_ tensors: [String: Tensor]) throws -> Data {
    var (pickle, records) = (Data("}(".utf8), [ZipFile.Entry]())
    for (index, (name, tensor)) in tensors.sorted(by: { $0.key < $1.key }).enumerated() {
      let shape = tensor.shape
      let strides = shape.indices.map { shape[($0 + 1)...].reduce(1, *) }
      pickle += Pickle.text(name)
      pickle += Pickle.tensor(
        record: "\(index)", count: Int64(tensor.count), shape: shape.map(Int64.init), strides: strides.map(Int64.init))
      records.append(ZipFile.Entry("m/data/\(index)", Data(try tensor.to(.float32).bytes())))
    }
    return ZipFile([ZipFile.Entry("m/data.pkl", Pickle.whole(pickle + Data("u".utf8)))] + records).data
  }
}
