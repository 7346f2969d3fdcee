// What a trace is. Private to this target; to be included before anything of libtorch's.
#pragma once

// libtorch is built so; what RecordFunction looks like depends on it.
#ifndef NDEBUG
#define NDEBUG
#endif

#include <ATen/core/function_schema.h>
#include <ATen/record_function.h>

#include <deque>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "Boundary.h"

namespace ctorch {

struct Place {
  int64_t results;
  int64_t index;
};
constexpr int64_t constant_place = -1;
constexpr int64_t undefined_place = -2;

struct TraceArgument {
  std::string name;
  CTArgumentKind kind = CT_GIVEN_NONE;
  int64_t integer = 0;
  double number = 0;
  std::string text;
  std::vector<int64_t> integers;
  std::vector<double> numbers;
  std::vector<Place> places;
};

struct TraceNode {
  std::string name;
  std::string overload;
  std::vector<TraceArgument> arguments;
};

}  // namespace ctorch

struct CTTrace {
  std::deque<ctorch::TraceNode> nodes;
  std::vector<at::Tensor> constants;
  std::unordered_map<const at::TensorImpl *, int64_t> constant_places;
  ctorch::Place answer{0, 0};
  int64_t elements = 0;
  /// The length of the input's first axis.
  int64_t batch = 0;
  std::string failure;

  /// Where the tensors that depend on the input come from.
  std::unordered_map<const at::TensorImpl *, ctorch::Place> places;
  /// No address is used twice while its tensor is kept.
  std::vector<at::Tensor> kept;
  /// Tensors that share memory with one that was written into.
  std::unordered_set<const at::TensorImpl *> stale;
  std::unordered_map<const c10::StorageImpl *, std::vector<const at::TensorImpl *>> sharing;

  int depth = 0;
  ctorch::TraceNode begun;
  /// What the call that runs is given and does not depend on the input.
  std::vector<at::Tensor> independent;
  std::vector<at::Tensor> written;
  bool depends = false;
  at::CallbackHandle callback = 0;
  CTTrace *outer = nullptr;

  void put(const at::Tensor &tensor, ctorch::Place place);
  void share(const at::Tensor &tensor);

  /// A constant is a number in `independent` until it is known that the call depends on the input.
  ctorch::Place place(const at::Tensor &tensor);
  int64_t constant(const at::Tensor &tensor);

  /// Constants that share memory with what is about to be written into keep their numbers.
  void keep_constants(const at::Tensor &tensor);

  /// Whether a call only asks its tensor for type and device: x.new_zeros(shape), where the shape is not that of a batch.
  bool is_independent(const ctorch::TraceNode &node) const;
  ctorch::TraceArgument argument(const c10::IValue &value, const c10::Argument &schema);
  void begin(const at::RecordFunction &function);
  void make_constants(ctorch::TraceNode &node);
  void end(const at::RecordFunction &function);

  /// Whatever else shares the memory of a tensor that was written into holds other numbers from now on.
  void overwrite(const at::Tensor &tensor);

  /// relu_ becomes relu: what reads the tensor later reads the new result.
  static void make_functional(ctorch::TraceNode &node);

  /// Drops what does not lead to the answer.
  void finish(const at::Tensor &result);
};
