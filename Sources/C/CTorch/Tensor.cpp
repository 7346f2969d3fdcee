#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/util/Logging.h>
#include <sched.h>
#include <torch/csrc/api/include/torch/version.h>

#include <algorithm>
#include <functional>
#include <thread>

#include "Boundary.h"

using namespace ctorch;

void ct_error_free(CTError *error) {
  if (error == nullptr) return;
  std::free(error->message);
  std::free(error);
}

const char *ct_version(void) { return TORCH_VERSION; }

int ct_threads(void) { return at::get_num_threads(); }

CTError *ct_set_threads(int count) {
  return guarded([&] {
    static const bool prepared = [] {
      choose_matrix_kernels();
      // The stack that libtorch writes into every error takes longer than much that fails, and nobody sees it.
      c10::SetStackTraceFetcher(std::function<std::string()>([] { return std::string(); }));
      return true;
    }();
    (void)prepared;
    // A thread's first look takes what any thread has set last, so it must come before.
    at::get_num_threads();
    at::set_num_threads(count);
  });
}

// Unlike the number of processors of the machine, this heeds taskset and the sets of processors of containers.
int ct_processors(void) {
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  return std::max(1u, std::thread::hardware_concurrency());
}

bool ct_cuda_is_available(void) { return at::hasCUDA() && at::detail::getCUDAHooks().getNumGPUs() > 0; }

CTError *ct_use_full_precision(void) {
  return guarded([] {
    at::globalContext().setAllowTF32CuDNN(false);
    at::globalContext().setAllowTF32CuBLAS(false);
  });
}

void ct_tensor_free(CTTensor *tensor) { delete tensor; }
int64_t ct_dim(const CTTensor *tensor) { return tensor->value.dim(); }
int64_t ct_size(const CTTensor *tensor, int64_t axis) { return tensor->value.size(axis); }
CTType ct_type(const CTTensor *tensor) { return type_code(tensor->value.scalar_type()); }
CTDevice ct_device(const CTTensor *tensor) { return tensor->value.is_cuda() ? CT_CUDA : CT_CPU; }
bool ct_requires_gradient(const CTTensor *tensor) { return tensor->value.requires_grad(); }

CTError *ct_from_data(const void *data, CTType type, const int64_t *shape, size_t dim, CTTensor **out) {
  return returning(out, [&] {
    at::Tensor tensor = at::empty(ints(shape, dim), scalar_type(type));
    // Unlike memcpy it may be given null where there are no bytes.
    std::copy_n(static_cast<const char *>(data), tensor.nbytes(), static_cast<char *>(tensor.data_ptr()));
    return tensor;
  });
}

CTError *ct_copy_to(const CTTensor *tensor, void *data, size_t bytes) {
  return guarded([&] {
    at::Tensor plain = tensor->value.detach().to(at::kCPU).contiguous();
    TORCH_CHECK(plain.nbytes() == bytes, "the tensor has ", plain.nbytes(), " bytes, not ", bytes);
    std::copy_n(static_cast<const char *>(plain.data_ptr()), bytes, static_cast<char *>(data));
  });
}

CTError *ct_full(double value, CTType type, CTDevice where, const int64_t *shape, size_t dim, CTTensor **out) {
  return returning(out, [&] {
    return at::full(ints(shape, dim), value, at::TensorOptions(scalar_type(type)).device(device(where)));
  });
}

CTError *ct_to(const CTTensor *tensor, CTType type, CTDevice where, CTTensor **out) {
  return returning(out, [&] { return tensor->value.to(device(where), scalar_type(type)); });
}

CTError *ct_contiguous(const CTTensor *tensor, CTTensor **out) {
  return returning(out, [&] { return tensor->value.contiguous(); });
}

CTError *ct_generator_new(uint64_t seed, CTGenerator **out) {
  return guarded([&] { *out = new CTGenerator{at::detail::createCPUGenerator(seed)}; });
}

void ct_generator_free(CTGenerator *generator) { delete generator; }

CTError *ct_uniform(double low, double high, CTGenerator *g, const int64_t *shape, size_t dim, CTTensor **out) {
  return returning(out, [&] { return at::empty(ints(shape, dim), at::kFloat).uniform_(low, high, g->value); });
}

CTError *ct_normal(double deviation, CTGenerator *g, const int64_t *shape, size_t dim, CTTensor **out) {
  return returning(out, [&] { return at::empty(ints(shape, dim), at::kFloat).normal_(0, deviation, g->value); });
}

CTError *ct_permutation(int64_t count, CTGenerator *g, CTTensor **out) {
  return returning(out, [&] { return at::randperm(count, g->value, at::TensorOptions(at::kLong)); });
}

#define UNARY(name, expression) \
  CTError *ct_##name(const CTTensor *x, CTTensor **out) { \
    return returning(out, [&] { const at::Tensor &a = x->value; return expression; }); \
  }
#define BINARY(name, expression) \
  CTError *ct_##name(const CTTensor *x, const CTTensor *y, CTTensor **out) { \
    return returning(out, [&] { const at::Tensor &a = x->value, &b = y->value; return expression; }); \
  }
#define SCALAR(name, expression) \
  CTError *ct_##name(const CTTensor *x, double b, CTTensor **out) { \
    return returning(out, [&] { const at::Tensor &a = x->value; return expression; }); \
  }

UNARY(negate, a.neg())
UNARY(absolute, a.abs())
UNARY(relu, a.relu())
UNARY(square_root, a.sqrt())
UNARY(logarithm, a.log())
UNARY(is_finite, a.isfinite())
UNARY(clone, a.clone())
UNARY(detach, a.detach())
BINARY(add, a.add(b))
BINARY(subtract, a.sub(b))
BINARY(multiply, a.mul(b))
BINARY(divide, a.div(b))
BINARY(maximum, at::maximum(a, b))
BINARY(minimum, at::minimum(a, b))
BINARY(greater, a.gt(b))
BINARY(less, a.lt(b))
SCALAR(add_scalar, a.add(b))
SCALAR(multiply_scalar, a.mul(b))

CTError *ct_where(const CTTensor *condition, const CTTensor *a, const CTTensor *b, CTTensor **out) {
  return returning(out, [&] { return at::where(condition->value, a->value, b->value); });
}

CTError *ct_relu_in_place(CTTensor *a) {
  return guarded([&] { a->value.relu_(); });
}

CTError *ct_add_in_place(CTTensor *a, const CTTensor *b, double scale) {
  return guarded([&] { a->value.add_(b->value, scale); });
}

CTError *ct_multiply_in_place(CTTensor *a, double b) {
  return guarded([&] { a->value.mul_(b); });
}

CTError *ct_add_product_in_place(CTTensor *a, const CTTensor *b, const CTTensor *c, double scale) {
  return guarded([&] { a->value.addcmul_(b->value, c->value, scale); });
}

CTError *ct_add_quotient_in_place(CTTensor *a, const CTTensor *b, const CTTensor *c, double scale) {
  return guarded([&] { a->value.addcdiv_(b->value, c->value, scale); });
}

CTError *ct_sum(const CTTensor *a, const int64_t *axes, size_t count, bool keep, CTTensor **out) {
  return returning(out, [&] { return a->value.sum(ints(axes, count), keep); });
}

CTError *ct_mean(const CTTensor *a, const int64_t *axes, size_t count, bool keep, CTTensor **out) {
  return returning(out, [&] { return a->value.mean(ints(axes, count), keep); });
}

static void hand_out(std::tuple<at::Tensor, at::Tensor> pair, CTTensor **values, CTTensor **indices) {
  *values = new CTTensor{std::move(std::get<0>(pair))};
  *indices = new CTTensor{std::move(std::get<1>(pair))};
}

CTError *ct_max(const CTTensor *a, int64_t axis, bool keep, CTTensor **values, CTTensor **indices) {
  return guarded([&] { hand_out(a->value.max(axis, keep), values, indices); });
}

CTError *ct_min(const CTTensor *a, int64_t axis, bool keep, CTTensor **values, CTTensor **indices) {
  return guarded([&] { hand_out(a->value.min(axis, keep), values, indices); });
}

CTError *ct_gather(const CTTensor *a, int64_t axis, const CTTensor *indices, CTTensor **out) {
  return returning(out, [&] { return a->value.gather(axis, indices->value); });
}

CTError *ct_index_select(const CTTensor *a, int64_t axis, const CTTensor *indices, CTTensor **out) {
  return returning(out, [&] { return a->value.index_select(axis, indices->value); });
}

CTError *ct_ranks(const CTTensor *a, bool descending, CTTensor **out) {
  return returning(out, [&] {
    at::Tensor order = std::get<1>(a->value.sort(/*stable=*/c10::optional<bool>(true), /*dim=*/-1, descending));
    at::Tensor places = at::arange(order.size(-1), order.options()).expand_as(order);
    return at::empty_like(order).scatter_(-1, order, places).to(at::kInt);
  });
}

CTError *ct_reshape(const CTTensor *a, const int64_t *shape, size_t dim, CTTensor **out) {
  return returning(out, [&] { return a->value.reshape(ints(shape, dim)); });
}

CTError *ct_expand(const CTTensor *a, const int64_t *shape, size_t dim, CTTensor **out) {
  return returning(out, [&] { return a->value.expand(ints(shape, dim)); });
}

CTError *ct_permute(const CTTensor *a, const int64_t *axes, size_t dim, CTTensor **out) {
  return returning(out, [&] { return a->value.permute(ints(axes, dim)); });
}

CTError *ct_narrow(const CTTensor *a, int64_t axis, int64_t start, int64_t length, CTTensor **out) {
  return returning(out, [&] { return a->value.narrow(axis, start, length); });
}

CTError *ct_concatenate(const CTTensor *const *tensors, size_t count, int64_t axis, CTTensor **out) {
  return returning(out, [&] {
    std::vector<at::Tensor> all;
    all.reserve(count);
    for (size_t i = 0; i < count; i++) all.push_back(tensors[i]->value);
    return at::cat(all, axis);
  });
}
