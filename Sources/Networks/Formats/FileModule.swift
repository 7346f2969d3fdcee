import Maps
import Tensors

/// What a model file's code computes, called as a whole.
protocol FileModule {
  /// The type of its weights; float32 if it has none.
  var type: ElementType? { get }

  /// Calls it with one tensor.
  @TorchActor func forward(_ input: Tensor) throws -> ScriptModule.Answer

  /// The module up to what it applies last of all, with the same weights; nil if that is no activation.
  @TorchActor func withoutActivation() throws -> (module: any FileModule, activation: ScriptModule.Activation)?
}

extension ScriptModule: FileModule {
  @TorchActor func withoutActivation() throws -> (module: any FileModule, activation: Activation)? {
    try beforeActivation().map { ($0.module, $0.activation) }
  }
}

/// A network that runs operator by operator as its file has it.
struct EagerModule: FileModule {
  let network: any FileNetwork
  let type: ElementType?

  @TorchActor init(_ network: any FileNetwork) {
    self.network = network
    type = ElementType.computed(with: network.weights.sorted { $0.key < $1.key }.map(\.value))
  }

  @TorchActor func forward(_ input: Tensor) throws -> ScriptModule.Answer { .tensor(try network.answer(input)) }

  @TorchActor func withoutActivation() -> (module: any FileModule, activation: ScriptModule.Activation)? { nil }
}

/// A network that has become a graph.
struct GraphModule: FileModule {
  let interpreter: Interpreter
  let activations: Int
  let type: ElementType?

  @TorchActor init(_ graph: Graph, _ parameters: [String: Tensor], activations: Int, precision: Precision = .full) {
    interpreter = Interpreter(
      graph: graph, parameters: parameters, precision: precision, prepared: PreparedWeights())
    self.activations = activations
    type = ElementType.computed(with: graph.parameters.compactMap { parameters[$0.name] })
  }

  @TorchActor func forward(_ input: Tensor) throws -> ScriptModule.Answer { .tensor(try interpreter.run(input)) }

  @TorchActor func withoutActivation() -> (module: any FileModule, activation: ScriptModule.Activation)? {
    let graph = interpreter.graph
    let last = graph.nodes[graph.answer.node]
    let operation = last.operation.replacing("aten::_", with: "aten::")
    guard let activation = ScriptModule.Activation(rawValue: operation), let place = last.places.first else {
      return nil
    }
    let cut = graph.cut(at: place)
    let parameters = interpreter.parameters.filter { cut.parameter($0.key) != nil }
    return (GraphModule(cut, parameters, activations: self.activations), activation)
  }

  /// The same network for inference, see ``Network/folded()``.
  @TorchActor func folded(_ precision: Precision = .full) throws -> GraphModule {
    let (graph, parameters) = try Folding.fold(interpreter.graph, interpreter.parameters)
    return GraphModule(graph, parameters, activations: activations, precision: precision)
  }
}

extension ElementType {
  /// The type that a network with these tensors computes in. A number alone does not decide: libtorch lets it follow the others.
  @TorchActor fileprivate static func computed(with tensors: [Tensor]) -> ElementType? {
    tensors.lazy.filter { !$0.shape.isEmpty }.compactMap(\.type).first(where: \.isFloatingPoint)
  }

  var isFloatingPoint: Bool { [.float16, .bfloat16, .float32, .float64].contains(self) }
}

/// A TorchScript file as a network that can be run and noted.
struct ScriptNetwork: FileNetwork {
  let module: ScriptModule
  let weights: [String: Tensor]
  let inputShape: [Int?] = [nil, nil, nil, nil]
  let description = "TorchScript"

  @TorchActor init(_ module: ScriptModule) throws {
    self.module = module
    weights = try module.tensors
  }

  func answer(_ images: Tensor) throws -> Tensor {
    guard case .tensor(let tensor) = try module.forward(images) else { throw ScriptError.returns("several values") }
    return tensor
  }
}
