#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/api/include/torch/version.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/runtime/print_handler.h>
#include <torch/csrc/jit/serialization/import_source.h>
#include <torch/csrc/jit/serialization/unpickler.h>
#include <torch/script.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <unordered_set>

#include "Boundary.h"
#include "ScriptChecks.h"

using namespace ctorch;

struct CTModule {
  torch::jit::Module value;
  /// What stands in for the forward function; none: that itself.
  std::shared_ptr<torch::jit::GraphFunction> instead = nullptr;
};

/// What a model says must not be able to command a terminal.
static std::string plain(std::string text) {
  for (char &character : text)
    if ((static_cast<unsigned char>(character) < 32 && character != '\n') || character == 127) character = '?';
  // The control characters U+0080 to U+009F.
  for (size_t at = 0; (at = text.find('\xC2', at)) != std::string::npos; at++)
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0) text.replace(at, 2, "?");
  return text;
}

namespace {
struct PlainWarnings : c10::WarningHandler {
#if TORCH_VERSION_MAJOR < 2
  void process(const c10::SourceLocation &location, const std::string &message, bool verbatim) override {
    c10::WarningHandler::process(location, plain(message), verbatim);
  }
#else
  void process(const c10::Warning &warning) override {
    c10::WarningHandler::process({warning.type(), warning.source_location(), plain(warning.msg()), warning.verbatim()});
  }
#endif
};

/// Around whatever runs a model's code: what it says goes to standard error, and the gradient mode is the caller's again
/// afterwards.
struct Stage {
  PlainWarnings handler;
#if TORCH_VERSION_MAJOR < 2
  c10::Warning::WarningHandlerGuard warnings{&handler};
#else
  c10::WarningUtils::WarningHandlerGuard warnings{&handler};
#endif
  at::AutoGradMode gradients{at::GradMode::is_enabled()};
  // Without the executor's rewriting every call computes the same, and the first two are not spent on compiling.
  torch::jit::GraphOptimizerEnabledGuard optimizer{false};

  Stage() {
    torch::jit::setPrintHandler([](const std::string &text) { std::cerr << plain(text) << std::flush; });
  }
};
}  // namespace

static at::ScalarType weight_type(const torch::jit::Module &module) {
  for (const auto &tensor : module.parameters())
    if (tensor.is_floating_point()) return tensor.scalar_type();
  for (const auto &tensor : module.buffers())
    if (tensor.is_floating_point()) return tensor.scalar_type();
  return at::kFloat;
}

namespace torch::jit {
// How operators of older files are brought up to date; its header is not installed everywhere.
TORCH_API void populate_upgraders_graph_map();
}  // namespace torch::jit

namespace {

/// Reads a file that torch.jit.save wrote, as `torch::jit::load` does, but believes nothing of it.
///
/// That one runs functions while it unpickles (`__setstate__`), takes the sizes of tensors as they are stated, and parses
/// notes about the places in the source whenever something fails.
class Loader {
 public:
  Loader(const char *path, at::Device device) : reader(std::string(path)), device(device) {}

  torch::jit::Module load() {
    torch::jit::populate_upgraders_graph_map();
    if (reader.hasRecord("model.json")) throw Refusal{CT_DAMAGED, "it was saved by PyTorch 1.1 or earlier"};
    read_code();
    const c10::IValue table = unpickle("constants");
    for (const c10::IValue &constant : table.toTupleRef().elements()) constants.push_back(constant);
    const c10::IValue model = unpickle("data");
    if (!model.isObject() || !model.type()->cast<c10::ClassType>()->is_module()) {
      throw Refusal{CT_DAMAGED, "it holds no module"};
    }
    check_functions(*functions);
    check_value(model, model.type());
    return torch::jit::Module(model.toObject());
  }

 private:
  caffe2::serialize::PyTorchStreamReader reader;
  at::Device device;
  std::map<std::string, std::string> code;
  std::vector<at::IValue> constants;
  std::shared_ptr<torch::jit::CompilationUnit> functions = std::make_shared<torch::jit::CompilationUnit>();
  torch::jit::SourceImporter importer{
      functions, &constants, [this](const std::string &qualifier) { return source(qualifier); }, reader.version()};

  void read_code() {
    for (const std::string &name : reader.getAllRecords()) {
      if (name.rfind("code/", 0) != 0 || name.size() < 8 || name.substr(name.size() - 3) != ".py") continue;
      auto [data, size] = reader.getRecord(name);
      std::string text(static_cast<const char *>(data.get()), size);
      code[name] = std::move(text);
    }
    check_code(code);
  }

  std::shared_ptr<torch::jit::Source> source(const std::string &qualifier) {
    std::string name = "code/" + qualifier + ".py";
    std::replace(name.begin() + 5, name.end() - 3, '.', '/');
    auto found = code.find(name);
    return found == code.end() ? nullptr : std::make_shared<torch::jit::Source>(found->second, name);
  }

  c10::IValue unpickle(const std::string &name) {
    auto [data, size] = reader.getRecord(name + ".pkl");
    const char *bytes = static_cast<const char *>(data.get());
    const PickleContent content = check_pickle(name + ".pkl", bytes, size);
    size_t position = 0;
    auto read = [&, size = size](char *buffer, size_t count) {
      count = std::min(count, size - position);
      std::memcpy(buffer, bytes + position, count);
      position += count;
      return count;
    };
    auto resolve = [&](const c10::QualifiedName &type) {
      c10::TypePtr found = importer.loadType(type);
      check_use(content, type.qualifiedName(), found);
      return c10::StrongTypePtr(functions, found);
    };
    auto read_data = [&](const std::string &record) {
      auto [numbers, length] = reader.getRecord(name + "/" + record);
      auto needed = content.storages.find(record);
      if (needed == content.storages.end() || length < needed->second) {
        throw Refusal{CT_DAMAGED, name + "/" + record + " has fewer bytes than its tensors"};
      }
      return std::move(numbers);
    };
    torch::jit::Unpickler unpickler(read, resolve, make_object, read_data, device);
    unpickler.set_version(reader.version());
    return unpickler.parse_ivalue();
  }

  /// Objects have a class, and each case of an enumeration is one of its own: the unpickler would lose its place.
  static void check_use(const PickleContent &content, const std::string &name, const c10::TypePtr &type) {
    auto enumeration = type->cast<c10::EnumType>();
    auto cases = content.cases.find(name);
    bool fits = enumeration ? content.classes.count(name) == 0 : cases == content.cases.end();
    if (enumeration && cases != content.cases.end()) {
      for (const c10::IValue &value : cases->second) {
        fits = fits && std::any_of(
                           enumeration->enumNamesValues().begin(), enumeration->enumNamesValues().end(),
                           [&](const auto &entry) { return entry.second == value; });
      }
    }
    if (!fits) throw Refusal{CT_DAMAGED, "it has values that " + name + " does not have"};
  }

  static c10::intrusive_ptr<c10::ivalue::Object> make_object(const c10::StrongTypePtr &type, const c10::IValue &state) {
    auto structure = type.type_->expect<c10::ClassType>();
    auto attributes = state.toGenericDict();
    auto object = c10::ivalue::Object::create(type, structure->numAttributes());
    for (size_t i = 0; i < structure->numAttributes(); i++) {
      auto attribute = attributes.find(structure->getAttributeName(i));
      if (attribute == attributes.end()) {
        throw Refusal{CT_DAMAGED, "an object lacks “" + structure->getAttributeName(i) + "”"};
      }
      object->setSlot(i, attribute->value());
    }
    return object;
  }
};

}  // namespace

CTError *ct_module_load(const char *path, const char *device, CTModule **out) {
  return guarded([&] {
    Stage stage;
    auto module = Loader(path, at::Device(device)).load();
    module.eval();
    // libtorch computes little in 16 bits on a CPU, and gradients of 16 bits are too coarse to compare.
    at::ScalarType type = weight_type(module);
    if (type == at::kHalf || type == at::kBFloat16) module.to(at::kFloat);
    *out = new CTModule{std::move(module)};
  });
}

void ct_module_free(CTModule *module) { delete module; }

CTError *ct_module_input_count(const CTModule *module, int64_t *out) {
  return guarded([&] {
    const auto &arguments = module->value.get_method("forward").function().getSchema().arguments();
    int64_t count = 0;
    for (size_t i = 1; i < arguments.size(); i++) count += arguments[i].default_value().has_value() ? 0 : 1;
    *out = count;
  });
}

CTError *ct_module_tensors(const CTModule *module, void *context, void (*take)(void *, const char *, CTTensor *)) {
  return guarded([&] {
    auto hand_out = [&](const auto &named) {
      for (const auto &entry : named) take(context, entry.name.c_str(), new CTTensor{entry.value});
    };
    hand_out(module->value.named_parameters());
    hand_out(module->value.named_buffers());
  });
}

CTType ct_module_type(const CTModule *module) { return static_cast<CTType>(weight_type(module->value)); }

CTError *ct_module_forward(CTModule *module, const CTTensor *input, CTTensor **out, const char **kind) {
  return guarded([&] {
    Stage stage;
    c10::IValue answer = module->instead ? (*module->instead)({module->value._ivalue(), input->value})
                                         : module->value.forward({input->value});
    if (answer.isTensor()) *out = new CTTensor{answer.toTensor()};
    *kind = answer.isTuple()         ? "a tuple"
            : answer.isList()        ? "a list"
            : answer.isGenericDict() ? "a dictionary"
                                     : "something else";
  });
}

CTError *ct_module_before_activation(const CTModule *module, const char **activation, CTModule **out) {
  static const std::unordered_set<std::string> activations = {"aten::softmax", "aten::log_softmax", "aten::sigmoid"};
  return guarded([&] {
    Stage stage;
    torch::jit::Function &forward = module->value.get_method("forward").function();
    auto graph = torch::jit::toGraphFunction(forward).graph()->copy();
    if (graph->outputs().size() != 1) return;
    // Only the calls that lead there are inlined: all of them may come to more than there is memory.
    for (int calls = 0; calls < 100; calls++) {
      auto *call = graph->outputs()[0]->node();
      auto *callee = call->kind() == torch::jit::prim::CallFunction || call->kind() == torch::jit::prim::CallMethod
                         ? torch::jit::tryToGraphFunction(call)
                         : nullptr;
      if (callee == nullptr) break;
      if (call->kind() == torch::jit::prim::CallFunction) call->removeInput(0);
      torch::jit::inlineCallTo(call, callee);
      // torch.nn.functional.softmax chooses between two calls, as whether a type is given tells.
      torch::jit::ConstantPropagation(graph);
    }
    auto *last = graph->outputs()[0]->node();
    auto found = activations.find(last->kind().toQualString());
    if (found == activations.end()) return;
    auto *before = last->input(0);
    graph->eraseOutput(0);
    graph->registerOutput(before);
    auto function = std::make_shared<torch::jit::GraphFunction>("logits", graph, nullptr);
    function->setSchema(forward.getSchema());
    *activation = found->c_str();
    *out = new CTModule{module->value, std::move(function)};
  });
}
