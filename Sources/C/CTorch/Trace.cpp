// How a trace takes note of an operator.
#include "Trace.h"

#include <ATen/core/dispatch/Dispatcher.h>

using namespace ctorch;

void CTTrace::put(const at::Tensor &tensor, Place place) {
  places[tensor.unsafeGetTensorImpl()] = place;
  share(tensor);
}

void CTTrace::share(const at::Tensor &tensor) {
  kept.push_back(tensor);
  if (tensor.has_storage()) sharing[tensor.storage().unsafeGetStorageImpl()].push_back(tensor.unsafeGetTensorImpl());
}

ctorch::Place CTTrace::place(const at::Tensor &tensor) {
  if (!tensor.defined()) return {undefined_place, 0};
  if (stale.count(tensor.unsafeGetTensorImpl()) != 0) failure = "it writes into a part of a tensor";
  auto found = places.find(tensor.unsafeGetTensorImpl());
  if (found == places.end()) {
    independent.push_back(tensor);
    return {constant_place, static_cast<int64_t>(independent.size()) - 1};
  }
  depends = true;
  return found->second;
}

int64_t CTTrace::constant(const at::Tensor &tensor) {
  auto [entry, is_new] =
      constant_places.try_emplace(tensor.unsafeGetTensorImpl(), static_cast<int64_t>(constants.size()));
  if (is_new) {
    constants.push_back(tensor);
    share(tensor);
  }
  return entry->second;
}

void CTTrace::keep_constants(const at::Tensor &tensor) {
  if (!tensor.defined() || !tensor.has_storage()) return;
  for (const auto *other : sharing[tensor.storage().unsafeGetStorageImpl()]) {
    auto found = constant_places.find(other);
    if (found == constant_places.end()) continue;
    constants[found->second] = constants[found->second].clone();
    constant_places.erase(found);
  }
}

bool CTTrace::is_independent(const TraceNode &node) const {
  static const std::unordered_set<std::string> makers = {
      "aten::new_zeros", "aten::new_ones", "aten::new_full", "aten::new_empty"};
  if (makers.count(node.name) == 0) return false;
  for (const TraceArgument &argument : node.arguments)
    if (argument.name == "size") return argument.integers.empty() || argument.integers[0] != batch;
  return false;
}

ctorch::TraceArgument CTTrace::argument(const c10::IValue &value, const c10::Argument &schema) {
  TraceArgument result;
  result.name = schema.name();
  if (value.isNone()) return result;
  if (value.isTensor()) {
    result.kind = CT_GIVEN_TENSOR;
    result.places.push_back(place(value.toTensor()));
  } else if (value.isBool()) {
    result.kind = CT_GIVEN_BOOL;
    result.integer = value.toBool();
  } else if (value.isInt()) {
    result.kind = CT_GIVEN_INT;
    result.integer = value.toInt();
  } else if (value.isDouble()) {
    result.kind = CT_GIVEN_DOUBLE;
    result.number = value.toDouble();
  } else if (value.isString()) {
    result.kind = CT_GIVEN_STRING;
    result.text = value.toStringRef();
  } else if (value.isDevice()) {
    result.kind = CT_GIVEN_STRING;
    result.text = value.toDevice().str();
  } else if (value.isIntList()) {
    result.kind = CT_GIVEN_INTS;
    result.integers = value.toIntVector();
  } else if (value.isDoubleList()) {
    result.kind = CT_GIVEN_DOUBLES;
    result.numbers = value.toDoubleVector();
  } else if (value.isBoolList()) {
    result.kind = CT_GIVEN_BOOLS;
    for (const c10::IValue &element : value.toListRef()) result.integers.push_back(element.toBool());
  } else if (value.isList()) {
    result.kind = CT_GIVEN_TENSORS;
    bool are_integers = value.toListRef().size() > 0;
    for (const c10::IValue &element : value.toListRef()) {
      are_integers = are_integers && element.isInt();
      if (element.isTensor()) {
        result.places.push_back(place(element.toTensor()));
      } else if (element.isNone()) {
        result.places.push_back({undefined_place, 0});
      } else if (element.isInt()) {
        result.integers.push_back(element.toInt());
      } else {
        failure = "it has a list of " + element.tagKind() + "s";
      }
    }
    if (are_integers) result.kind = CT_GIVEN_INTS;
  } else {
    failure = "it has an argument of the kind " + value.tagKind();
  }
  return result;
}

void CTTrace::begin(const at::RecordFunction &function) {
  const auto name = function.operator_name();
  auto schema = function.operator_schema();
  begun = TraceNode{name ? name->name : "", name ? name->overload_name : "", {}};
  independent.clear();
  written.clear();
  depends = false;
  if (!schema) {
    failure = std::string("it calls ") + function.name();
    return;
  }
  const auto inputs = function.inputs();
  const size_t count = schema->arguments().size();
  if (inputs.size() < count) {
    failure = "libtorch does not tell the arguments of " + begun.name;
    return;
  }
  for (size_t i = 0; i < count; i++) {
    const c10::IValue &value = inputs[inputs.size() - count + i];
    const c10::Argument &argument = schema->arguments()[i];
    begun.arguments.push_back(this->argument(value, argument));
    const auto *alias = argument.alias_info();
    if (alias != nullptr && alias->isWrite() && value.isTensor()) written.push_back(value.toTensor());
  }
  if (is_independent(begun)) depends = false;
  // Registered before they are kept, so that one that is overwritten here keeps the numbers that go in.
  if (depends) make_constants(begun);
  for (const at::Tensor &tensor : written) keep_constants(tensor);
}

void CTTrace::make_constants(TraceNode &node) {
  for (TraceArgument &argument : node.arguments)
    for (Place &place : argument.places)
      if (place.results == constant_place) place.index = constant(independent[place.index]);
}

void CTTrace::end(const at::RecordFunction &function) {
  std::vector<at::Tensor> results;
  const auto &outputs = function.outputs();
  const auto schema = function.operator_schema();
  const size_t count = schema ? schema->returns().size() : 0;
  if (outputs.size() < count) {
    failure = "libtorch does not tell the results of " + begun.name;
    return;
  }
  for (size_t i = outputs.size() - count; i < outputs.size(); i++) {
    if (outputs[i].isTensor()) {
      results.push_back(outputs[i].toTensor());
    } else if (outputs[i].isTensorList()) {
      for (const at::Tensor &element : outputs[i].toTensorVector()) results.push_back(element);
    } else if (depends) {
      // A number that the input decides, which will be another for another input. A shape would not come this way.
      failure = "its course depends on the pixels (" + begun.name + ")";
    }
  }
  if (!depends) {
    // A result of constants alone is one, too, and may be a part of one.
    for (const at::Tensor &tensor : independent) share(tensor);
    for (const at::Tensor &result : results) {
      if (result.defined()) share(result);
    }
    return;
  }
  for (const at::Tensor &tensor : written) overwrite(tensor);
  make_functional(begun);
  nodes.push_back(std::move(begun));
  const auto number = static_cast<int64_t>(nodes.size());
  for (size_t i = 0; i < results.size(); i++) {
    if (!results[i].defined()) continue;
    put(results[i], {number, static_cast<int64_t>(i)});
    if (results[i].is_floating_point() && written.empty() && !results[i].is_view()) elements += results[i].numel();
  }
}

void CTTrace::overwrite(const at::Tensor &tensor) {
  if (!tensor.defined() || !tensor.has_storage()) return;
  for (const auto *other : sharing[tensor.storage().unsafeGetStorageImpl()])
    if (other != tensor.unsafeGetTensorImpl()) stale.insert(other);
}

void CTTrace::make_functional(TraceNode &node) {
  if (node.name.size() < 2 || node.name.back() != '_' || node.name[node.name.size() - 2] == '_') return;
  const std::string name = node.name.substr(0, node.name.size() - 1);
  if (c10::Dispatcher::singleton().findSchema({name, node.overload})) node.name = name;
}

void CTTrace::finish(const at::Tensor &result) {
  independent.clear();
  answer = place(result);
  if (answer.results == constant_place) answer.index = constant(result);
  std::vector<bool> needed(nodes.size() + 1, false);
  auto need = [&](const Place &place) {
    if (place.results > 0) needed[place.results] = true;
  };
  need(answer);
  for (size_t i = nodes.size(); i-- > 0;) {
    if (!needed[i + 1]) continue;
    for (const TraceArgument &argument : nodes[i].arguments)
      for (const Place &place : argument.places) need(place);
  }
  std::vector<int64_t> renamed(nodes.size() + 1, 0);
  std::deque<TraceNode> left;
  for (size_t i = 0; i < nodes.size(); i++) {
    if (!needed[i + 1]) continue;
    left.push_back(std::move(nodes[i]));
    renamed[i + 1] = static_cast<int64_t>(left.size());
    for (TraceArgument &argument : left.back().arguments)
      for (Place &place : argument.places)
        if (place.results > 0) place.results = renamed[place.results];
  }
  if (answer.results > 0) answer.results = renamed[answer.results];
  nodes = std::move(left);
}

static thread_local CTTrace *current = nullptr;

static void note(void (CTTrace::*step)(const at::RecordFunction &), const at::RecordFunction &function) {
  try {
    (current->*step)(function);
  } catch (const std::exception &error) {
    current->failure = error.what();
  }
}

static std::unique_ptr<at::ObserverContext> operator_begins(const at::RecordFunction &function) {
  if (current != nullptr && current->depth++ == 0) note(&CTTrace::begin, function);
  return nullptr;
}

static void operator_ends(const at::RecordFunction &function, at::ObserverContext *) {
  if (current != nullptr && --current->depth == 0) note(&CTTrace::end, function);
}

CTError *ct_trace_begin(const CTTensor *input, CTTrace **out) {
  return guarded([&] {
    auto trace = std::make_unique<CTTrace>();
    trace->put(input->value, {0, 0});
    trace->batch = input->value.dim() > 0 ? input->value.size(0) : 0;
    trace->callback = at::addThreadLocalCallback(at::RecordFunctionCallback(operator_begins, operator_ends)
                                                     .needsInputs(true)
                                                     .needsOutputs(true)
                                                     .scopes({at::RecordScope::FUNCTION}));
    trace->outer = current;
    current = trace.get();
    *out = trace.release();
  });
}

CTError *ct_trace_end(CTTrace *trace, const CTTensor *answer_or_null) {
  at::removeCallback(trace->callback);
  current = trace->outer;
  return guarded([&] {
    if (answer_or_null == nullptr) return;
    trace->depends = false;
    trace->finish(answer_or_null->value);
    if (!trace->failure.empty()) throw Refusal{CT_FAILED, trace->failure};
    trace->kept.clear();
    trace->places.clear();
    trace->sharing.clear();
  });
}
