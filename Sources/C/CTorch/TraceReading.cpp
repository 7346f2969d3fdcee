// What a finished trace says.
#include "Trace.h"

using namespace ctorch;

void ct_trace_free(CTTrace *trace) { delete trace; }

size_t ct_trace_count(const CTTrace *trace) { return trace->nodes.size(); }

const char *ct_trace_operator(const CTTrace *trace, size_t index) { return trace->nodes[index].name.c_str(); }

const char *ct_trace_overload(const CTTrace *trace, size_t index) { return trace->nodes[index].overload.c_str(); }

size_t ct_trace_argument_count(const CTTrace *trace, size_t index) { return trace->nodes[index].arguments.size(); }

CTArgument ct_trace_argument(const CTTrace *trace, size_t index, size_t argument) {
  static_assert(sizeof(Place) == 2 * sizeof(int64_t), "places are handed out as pairs of integers");
  const TraceArgument &value = trace->nodes[index].arguments[argument];
  const bool holds_places = value.kind == CT_GIVEN_TENSOR || value.kind == CT_GIVEN_TENSORS;
  CTArgument result = {};
  result.name = value.name.c_str();
  result.kind = value.kind;
  result.integer = value.integer;
  result.number = value.number;
  result.text = value.text.c_str();
  result.integers = holds_places ? reinterpret_cast<const int64_t *>(value.places.data()) : value.integers.data();
  result.numbers = value.numbers.data();
  result.count = holds_places ? value.places.size() : std::max(value.integers.size(), value.numbers.size());
  return result;
}

void ct_trace_answer(const CTTrace *trace, int64_t *out) {
  out[0] = trace->answer.results;
  out[1] = trace->answer.index;
}

size_t ct_trace_constant_count(const CTTrace *trace) { return trace->constants.size(); }

CTError *ct_trace_constant(const CTTrace *trace, size_t index, CTTensor **out) {
  return returning(out, [&] { return trace->constants[index]; });
}

int64_t ct_trace_elements(const CTTrace *trace) { return trace->elements; }
