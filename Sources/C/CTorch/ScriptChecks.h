// What is asked of a TorchScript file before and after libtorch reads it. Private to this target.
//
// libtorch trusts its files: it calls functions while it unpickles, believes the sizes and the types that a file states,
// and recurses as deep as its code nests. So nothing of a file reaches it unseen.
#pragma once

#include <ATen/core/ivalue.h>
#include <torch/csrc/jit/api/compilation_unit.h>

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace ctorch {

/// What a pickle makes, as far as only its reader can tell whether it fits.
struct PickleContent {
  /// The bytes that each record of tensor data must have.
  std::unordered_map<std::string, uint64_t> storages;
  /// The values that are cases of an enumeration, by its name.
  std::unordered_map<std::string, std::vector<c10::IValue>> cases;
  /// The names of the classes that there are objects of.
  std::unordered_set<std::string> classes;
};

/// Follows a pickle, of which it knows just what torch.jit.save writes, and every tensor's place in its storage.
///
/// Throws a `Refusal` for anything else.
PickleContent check_pickle(const std::string &name, const char *bytes, size_t size);

/// Makes sure of the code, of all records of it together, that reading it cannot overflow the stack and evaluates nothing
/// but constants.
void check_code(const std::map<std::string, std::string> &records);

/// Makes sure that functions use only operators that networks need: none that touches files, memory or the system.
void check_functions(const torch::jit::CompilationUnit &functions);

/// Makes sure that a value, with all that it holds, is of the type that the code takes it for.
void check_value(const c10::IValue &value, const c10::TypePtr &type);

/// Whether networks need an operator, such as aten::relu.
bool is_allowed(const std::string &name);

}  // namespace ctorch
