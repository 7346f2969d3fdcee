#include <ATen/ScalarOps.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>

#include <mutex>
#include <string>
#include <unordered_map>

#include "Boundary.h"
#include "ScriptChecks.h"

using namespace ctorch;

struct CTOperator {
  c10::OperatorHandle handle;
};

CTError *ct_operator_find(const char *name, const char *overload_or_null, const CTOperator **out) {
  static std::mutex lock;
  static auto *found = new std::unordered_map<std::string, CTOperator>();
  return guarded([&] {
    std::string key = overload_or_null == nullptr ? "aten::" : "";
    key += name;
    if (overload_or_null != nullptr) key.append(".").append(overload_or_null);
    std::lock_guard<std::mutex> guard(lock);
    auto entry = found->find(key);
    if (entry == found->end()) {
      const size_t dot = std::min(key.find('.'), key.size());
      const std::string plain = key.substr(0, dot), overload = key.substr(std::min(dot + 1, key.size()));
      if (!is_allowed(plain)) throw Refusal{CT_FORBIDDEN, "uses the operator " + plain};
      auto handle = c10::Dispatcher::singleton().findSchema({plain, overload});
      if (!handle.has_value()) throw Refusal{CT_UNKNOWN_OPERATOR, "there is no operator " + plain};
      entry = found->insert({key, {*handle}}).first;
    }
    *out = &entry->second;
  });
}

size_t ct_operator_argument_count(const CTOperator *op) { return op->handle.schema().arguments().size(); }

const char *ct_operator_argument_name(const CTOperator *op, size_t index) {
  return op->handle.schema().arguments()[index].name().c_str();
}

namespace {

[[noreturn]] void misfit(const c10::Argument &argument) {
  throw Refusal{CT_FAILED, "“" + argument.name() + "” is not a " + argument.type()->str()};
}

at::Tensor tensor(const CTTensor *handle) { return handle == nullptr ? at::Tensor() : handle->value; }

/// A number where a tensor is wanted gives way to the types of the tensors beside it, as in Python.
at::Tensor wrapped(const at::Scalar &number) {
  at::Tensor result = at::scalar_to_tensor(number);
  result.unsafeGetTensorImpl()->set_wrapped_number(true);
  return result;
}

c10::IValue list_value(const CTArgument &given, const c10::Argument &argument, const c10::TypePtr &element) {
  using c10::TypeKind;
  switch (element->kind()) {
    case TypeKind::IntType:
    case TypeKind::SymIntType:
      if (given.kind == CT_GIVEN_INTS) return std::vector<int64_t>(given.integers, given.integers + given.count);
      if (given.kind == CT_GIVEN_INT && argument.N()) return std::vector<int64_t>(*argument.N(), given.integer);
      break;
    case TypeKind::FloatType:
      if (given.kind == CT_GIVEN_DOUBLES) return std::vector<double>(given.numbers, given.numbers + given.count);
      if (given.kind == CT_GIVEN_INTS) return std::vector<double>(given.integers, given.integers + given.count);
      if (given.kind == CT_GIVEN_DOUBLE && argument.N()) return std::vector<double>(*argument.N(), given.number);
      break;
    case TypeKind::BoolType:
      if (given.kind == CT_GIVEN_BOOLS || (given.kind == CT_GIVEN_INTS && given.count == 0)) {
        c10::List<bool> list;
        for (size_t i = 0; i < given.count; i++) list.push_back(given.integers[i] != 0);
        return list;
      }
      break;
    case TypeKind::TensorType:
      if (given.kind == CT_GIVEN_TENSORS || (given.kind == CT_GIVEN_INTS && given.count == 0)) {
        c10::List<at::Tensor> list;
        for (size_t i = 0; i < given.count; i++) {
          if (given.tensors[i] == nullptr) misfit(argument);
          list.push_back(given.tensors[i]->value);
        }
        return list;
      }
      break;
    case TypeKind::OptionalType:
      if (given.kind == CT_GIVEN_TENSORS && element->containedType(0)->kind() == TypeKind::TensorType) {
        c10::List<c10::optional<at::Tensor>> list;
        for (size_t i = 0; i < given.count; i++) {
          list.push_back(given.tensors[i] == nullptr ? c10::nullopt : c10::make_optional(given.tensors[i]->value));
        }
        return list;
      }
      break;
    default: break;
  }
  misfit(argument);
}

c10::IValue value(const CTArgument &given, const c10::Argument &argument, const c10::TypePtr &type) {
  using c10::TypeKind;
  const bool whole = given.kind == CT_GIVEN_INT || given.kind == CT_GIVEN_BOOL;
  switch (type->kind()) {
    case TypeKind::OptionalType:
      if (given.kind == CT_GIVEN_NONE) return c10::IValue();
      return value(given, argument, type->containedType(0));
    case TypeKind::TensorType:
      if (given.kind == CT_GIVEN_TENSOR) return tensor(given.tensor);
      if (given.kind == CT_GIVEN_INT) return wrapped(given.integer);
      if (given.kind == CT_GIVEN_DOUBLE) return wrapped(given.number);
      if (given.kind == CT_GIVEN_BOOL) return wrapped(given.integer != 0);
      break;
    case TypeKind::NumberType:
      if (given.kind == CT_GIVEN_BOOL) return at::Scalar(given.integer != 0);
      if (given.kind == CT_GIVEN_INT) return at::Scalar(given.integer);
      if (given.kind == CT_GIVEN_DOUBLE) return at::Scalar(given.number);
      break;
    case TypeKind::IntType:
    case TypeKind::SymIntType:
      if (whole) return given.integer;
      break;
    case TypeKind::FloatType:
      if (whole) return static_cast<double>(given.integer);
      if (given.kind == CT_GIVEN_DOUBLE) return given.number;
      break;
    case TypeKind::BoolType:
      if (whole) return given.integer != 0;
      break;
    case TypeKind::StringType:
      if (given.kind == CT_GIVEN_STRING) return std::string(given.text);
      break;
    case TypeKind::DeviceObjType:
      if (given.kind == CT_GIVEN_STRING) return c10::Device(given.text);
      break;
    case TypeKind::ListType: return list_value(given, argument, type->containedType(0));
    default: break;
  }
  misfit(argument);
}

void hand_out(const c10::IValue &result, std::vector<at::Tensor> &tensors) {
  if (result.isTensor()) {
    tensors.push_back(result.toTensor());
  } else if (result.isTensorList()) {
    for (const at::Tensor &element : result.toTensorVector()) tensors.push_back(element);
  }
}

}  // namespace

CTError *ct_operator_call(
    const CTOperator *op, const CTArgument *arguments, size_t count, CTTensor ***out, size_t *out_count) {
  return guarded([&] {
    const c10::FunctionSchema &schema = op->handle.schema();
    torch::jit::Stack stack;
    stack.reserve(schema.arguments().size());
    size_t place = 0, used = 0;
    for (const c10::Argument &argument : schema.arguments()) {
      const CTArgument *given = nullptr;
      for (size_t i = 0; i < count; i++)
        if (arguments[i].name == nullptr ? i == place : argument.name() == arguments[i].name) given = &arguments[i];
      place++;
      if (given != nullptr) {
        used++;
        stack.push_back(value(*given, argument, argument.type()));
      } else if (argument.default_value()) {
        stack.push_back(*argument.default_value());
      } else if (argument.type()->kind() == c10::TypeKind::OptionalType) {
        // Newer versions of some operators have this default.
        stack.push_back(c10::IValue());
      } else {
        throw Refusal{CT_FAILED, "“" + argument.name() + "” is missing"};
      }
    }
    if (used != count) throw Refusal{CT_FAILED, "an argument is given that it does not have"};
    op->handle.callBoxed(stack);
    std::vector<at::Tensor> tensors;
    for (const c10::IValue &result : stack) hand_out(result, tensors);
    auto **array = static_cast<CTTensor **>(std::calloc(tensors.size() + 1, sizeof(CTTensor *)));
    if (array == nullptr) throw std::bad_alloc();
    for (size_t i = 0; i < tensors.size(); i++) array[i] = tensors[i].defined() ? new CTTensor{tensors[i]} : nullptr;
    *out = array;
    *out_count = tensors.size();
  });
}

void ct_tensor_array_free(CTTensor **array) { std::free(array); }

uintptr_t ct_identity(const CTTensor *tensor) { return reinterpret_cast<uintptr_t>(tensor->value.unsafeGetTensorImpl()); }
