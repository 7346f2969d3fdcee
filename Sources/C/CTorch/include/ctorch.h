// The C face of libtorch: exactly what the Swift targets call, and nothing of C++.
//
// - Handles are opaque. Inputs are borrowed; every `out` belongs to the caller, who gives it back with the matching
//   `_free` (null-safe).
// - Every function that can fail returns NULL, or an error that the caller frees. After an error `out` is untouched.
// - Host memory is copied in and out, never aliased.
// - libtorch keeps its OpenMP team and its gradient mode per calling thread, so call it from few threads that live long. Calls on
//   different tensors may run side by side; a tensor that several threads use must not change.
#ifndef CTORCH_H
#define CTORCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct CTTensor CTTensor;
typedef struct CTGenerator CTGenerator;
typedef struct CTModule CTModule;

typedef enum {
  CT_FAILED = 0,
  CT_OUT_OF_MEMORY = 1,
  /// A file that is not what it should be; the message says why.
  CT_DAMAGED = 2,
  /// A file that asks for what no file is allowed; the message says for what.
  CT_FORBIDDEN = 3,
  /// An operator that this libtorch does not have.
  CT_UNKNOWN_OPERATOR = 4,
  /// Another process of a group has ended, or does not answer.
  CT_LOST = 5,
} CTErrorCode;

typedef struct {
  CTErrorCode code;
  char *message;
} CTError;

void ct_error_free(CTError *error);

/// The type of elements, in libtorch's own codes (c10/core/ScalarType.h).
typedef int8_t CTType;

// The process ----------------------------------------------------------------------------------------------------

/// The version of the libtorch that was linked, e.g. "1.13.1"; static storage.
const char *ct_version(void);
bool ct_cuda_is_available(void);
int ct_threads(void);
// For operations that the calling thread asks for.
CTError *ct_set_threads(int count);
/// How many processors this process may run on.
int ct_processors(void);
/// Whether this processor multiplies bfloat16 matrices faster than float32 ones: with AMX, or an AMD one with AVX-512 BF16. (Intel's
/// without AMX go through a product in bfloat16 half as often as through one in float32, as measured on model 207.)
bool ct_multiplies_bfloat16(void);
/// Switches TF32 off, so that float32 means float32 on every device.
CTError *ct_use_full_precision(void);

// Tensors: life, shape, data -----------------------------------------------------------------------------------------

void ct_tensor_free(CTTensor *tensor);
int64_t ct_dim(const CTTensor *tensor);
int64_t ct_size(const CTTensor *tensor, int64_t axis);
CTType ct_type(const CTTensor *tensor);
bool ct_is_cuda(const CTTensor *tensor);
bool ct_requires_gradient(const CTTensor *tensor);

/// A new CPU tensor with a copy of the data, which is row-major and has as many bytes as shape and type ask for.
CTError *ct_from_data(const void *data, CTType type, const int64_t *shape, size_t dim, CTTensor **out);
/// Copies the tensor's elements, row-major, in the tensor's own type, to `bytes` bytes at `data`.
CTError *ct_copy_to(const CTTensor *tensor, void *data, size_t bytes);

CTError *ct_generator_new(uint64_t seed, CTGenerator **out);
void ct_generator_free(CTGenerator *generator);
/// Uniform in [low, high), float32, CPU.
CTError *ct_uniform(double low, double high, CTGenerator *g, const int64_t *shape, size_t dim, CTTensor **out);
/// Normal with the given deviation around 0, float32, CPU.
CTError *ct_normal(double deviation, CTGenerator *g, const int64_t *shape, size_t dim, CTTensor **out);
CTError *ct_permutation(int64_t count, CTGenerator *g, CTTensor **out);

// Layers and losses ------------------------------------------------------------------------------------------------------

/// How a window moves over height and width.
typedef struct {
  int64_t stride[2];
  int64_t padding[2];
  int64_t dilation[2];
} CTWindow;

CTError *ct_convolution(
    const CTTensor *input, const CTTensor *weight, const CTTensor *bias_or_null, CTWindow window, int64_t groups,
    CTTensor **out);
/// The same values; relu of the gradient flows back.
CTError *ct_guided(const CTTensor *input, CTTensor **out);
/// Mean over the batch of −log softmax(logits)[label].
CTError *ct_cross_entropy(const CTTensor *logits, const CTTensor *labels, CTTensor **out);

// Gradients ----------------------------------------------------------------------------------------------------------------

bool ct_gradient_mode(void);
void ct_set_gradient_mode(bool enabled);
CTError *ct_require_gradient(CTTensor *tensor);
/// Gradients of Σ output · seed with respect to the inputs, into `count` places at `out`. An input that the output does
/// not depend on gets NULL.
CTError *ct_gradient(
    const CTTensor *output, const CTTensor *seed, const CTTensor *const *inputs, size_t count, bool retain,
    CTTensor **out);

// Processes that compute together ------------------------------------------------------------------------------------------

/// Processes that exchange tensors. All must ask for the same in the same order; what one waits for in vain is CT_LOST.
typedef struct CTGroup CTGroup;

typedef struct {
  /// Counted from 0.
  int rank;
  int count;
  /// Where process 0 waits for the others; NULL: `path`, a new file that all share.
  const char *host;
  uint16_t port;
  const char *path;
  /// How long to wait for the others to come, and later for each to answer.
  int64_t patience_ms;
  int64_t timeout_ms;
  /// Asked from time to time while it waits for the others: whether to wait no longer.
  bool (*is_cancelled)(void);
} CTMeeting;

CTError *ct_group_join(const CTMeeting *meeting, CTGroup **out);
void ct_group_free(CTGroup *group);
/// Adds up a tensor over the processes, in place.
CTError *ct_group_sum(CTGroup *group, CTTensor *tensor);
/// Gives a tensor the values that it has in process 0.
CTError *ct_group_broadcast(CTGroup *group, CTTensor *tensor);

/// The gradients of parameters of one type, summed over the processes while they are computed. It must outlive what is recorded.
typedef struct CTGradients CTGradients;

CTError *ct_gradients_new(CTGroup *group, const CTTensor *const *parameters, size_t count, CTGradients **out);
void ct_gradients_free(CTGradients *gradients);
/// The parameter's values, to be used instead of it: their gradient goes into the sum.
CTError *ct_gradients_gather(CTGradients *gradients, const CTTensor *parameter, size_t index, CTTensor **out);
/// The sums, after the backward pass, into as many places at `out`; NULL for a parameter that has none. They are valid until the next
/// backward pass.
CTError *ct_gradients_end(CTGradients *gradients, CTTensor **out);

typedef struct {
  CTGroup *group;
  /// Changed in place, to the same values in all processes.
  CTTensor *running_mean;
  CTTensor *running_variance;
  double momentum;
  double epsilon;
  /// Whether these images are any of the batch's: otherwise nothing depends on them.
  bool is_counted;
} CTGroupNorm;

/// Batch normalisation in training, by the statistics of all processes' images.
CTError *ct_group_norm(
    const CTTensor *input, const CTTensor *weight, const CTTensor *bias, const CTGroupNorm *norm, CTTensor **out);

// Any operator, by its name ------------------------------------------------------------------------------------------------

typedef struct CTOperator CTOperator;

typedef enum {
  CT_GIVEN_NONE = 0,
  CT_GIVEN_TENSOR = 1,
  CT_GIVEN_TENSORS = 2,
  CT_GIVEN_INT = 3,
  CT_GIVEN_DOUBLE = 4,
  CT_GIVEN_BOOL = 5,
  CT_GIVEN_STRING = 6,
  CT_GIVEN_INTS = 7,
  CT_GIVEN_DOUBLES = 8,
  CT_GIVEN_BOOLS = 9,
} CTArgumentKind;

/// A value that an operator is given; the fields that count are those that `kind` says.
typedef struct {
  /// NULL: the argument at this place.
  const char *name;
  CTArgumentKind kind;
  /// Of an integer, a truth value, an element type or a memory format, in libtorch's own codes.
  int64_t integer;
  double number;
  /// Of a string or a device.
  const char *text;
  const CTTensor *tensor;
  /// `count` of them; an entry may be NULL.
  const CTTensor *const *tensors;
  /// Of integers and of truth values.
  const int64_t *integers;
  const double *numbers;
  size_t count;
} CTArgument;

/// Looks an operator up, such as "aten::add" with the overload "Tensor", or "add.Tensor" with none. CT_FORBIDDEN for one that no
/// network needs.
/// What is found lives as long as the process.
CTError *ct_operator_find(const char *name, const char *overload_or_null, const CTOperator **out);
/// The arguments that it takes; their names live as long as the process.
size_t ct_operator_argument_count(const CTOperator *op);
const char *ct_operator_argument_name(const CTOperator *op, size_t index);
/// Calls an operator through libtorch's dispatcher. Arguments that are not given take their defaults.
/// The tensors that it returns, those of lists one by one and NULL for an undefined one, are `*out_count` at `*out`.
CTError *ct_operator_call(
    const CTOperator *op, const CTArgument *arguments, size_t count, CTTensor ***out, size_t *out_count);
/// Frees the array, not the tensors in it.
void ct_tensor_array_free(CTTensor **array);

// What a computation consists of ---------------------------------------------------------------------------------------------

typedef struct CTTrace CTTrace;

/// From here on the operators that the calling thread asks for are noted, but not those that they themselves use.
CTError *ct_trace_begin(const CTTensor *input, CTTrace **out);
/// Ends noting. Kept is what leads from the input to the answer; what does not depend on the input becomes a constant.
/// `answer` is NULL where the computation failed.
CTError *ct_trace_end(CTTrace *trace, const CTTensor *answer_or_null);
void ct_trace_free(CTTrace *trace);
/// Operators in the order of their calls. The results of the one at `i` are called i + 1, those of the input 0.
size_t ct_trace_count(const CTTrace *trace);
const char *ct_trace_operator(const CTTrace *trace, size_t index);
const char *ct_trace_overload(const CTTrace *trace, size_t index);
size_t ct_trace_argument_count(const CTTrace *trace, size_t index);

/// A value that an operator was given, as CTArgument; a tensor is where it comes from: two integers each, the name of the
/// results that it is one of and its place among them. −1 is a constant, by its number, and −2 an undefined tensor.
CTArgument ct_trace_argument(const CTTrace *trace, size_t index, size_t argument);
/// Where the answer comes from, two integers.
void ct_trace_answer(const CTTrace *trace, int64_t *out);
size_t ct_trace_constant_count(const CTTrace *trace);
CTError *ct_trace_constant(const CTTrace *trace, size_t index, CTTensor **out);
/// How many elements the results of all operators have together that are floating-point and no views.
int64_t ct_trace_elements(const CTTrace *trace);
/// The same for handles on one tensor, and for no others as long as it lives.
uintptr_t ct_identity(const CTTensor *tensor);

// TorchScript --------------------------------------------------------------------------------------------------------------

/// Loads a TorchScript file and puts it into evaluation mode. Weights of 16 bits become float32.
///
/// Nothing of the file runs, and code that could touch files, the system or memory that is not its own is refused.
CTError *ct_module_load(const char *path, const char *device, CTModule **out);
void ct_module_free(CTModule *module);
/// How many inputs besides self the forward function has that have no default value.
CTError *ct_module_input_count(const CTModule *module, int64_t *out);
/// The type of the first floating-point parameter or buffer, CT_FLOAT32 if there is none.
CTType ct_module_type(const CTModule *module);
/// Hands out the names and tensors of the module's parameters and buffers, one after the other.
CTError *ct_module_tensors(
    const CTModule *module, void *context, void (*take)(void *context, const char *name, CTTensor *tensor));
/// `out` is set only when a tensor was returned; `kind` says what else was, in static storage. What the module prints goes to
/// standard error.
CTError *ct_module_forward(CTModule *module, const CTTensor *input, CTTensor **out, const char **kind);

/// A module with the same weights that returns what goes into the last activation, a softmax, log-softmax or sigmoid, of which
/// `activation` is the operator's name, in static storage; none where it applies another function last of all.
CTError *ct_module_before_activation(const CTModule *module, const char **activation, CTModule **out);

#ifdef __cplusplus
}
#endif
#endif
