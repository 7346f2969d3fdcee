#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <c10/util/Logging.h>
#include <sched.h>
#include <sys/mman.h>
#include <torch/csrc/api/include/torch/version.h>

#include <algorithm>
#include <functional>
#include <thread>

#include "Boundary.h"

using namespace ctorch;

namespace {

// libtorch asks for every result's memory anew, and large blocks go back to the system in between, so that a training touches each
// page for the first time at every step. In huge pages, which many systems give where they are asked for, these are 512 times fewer.
#if TORCH_VERSION_MAJOR < 2 && defined(MADV_HUGEPAGE)
class HugePages final : public at::Allocator {
  static constexpr size_t page = 2 << 20;

 public:
  at::DataPtr allocate(size_t bytes) const override {
    void *block = nullptr;
    if (bytes >= 2 * page && posix_memalign(&block, page, bytes) == 0)
      madvise(block, bytes / page * page, MADV_HUGEPAGE);
    else
      block = c10::alloc_cpu(bytes);
    return {block, block, c10::free_cpu, at::kCPU};
  }

  at::DeleterFnPtr raw_deleter() const override { return c10::free_cpu; }
};

void ask_for_huge_pages() {
  static HugePages allocator;
  c10::SetCPUAllocator(&allocator, 1);
}
#else
void ask_for_huge_pages() { setenv("THP_MEM_ALLOC_ENABLE", "1", 0); }
#endif

} // namespace

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
      ask_for_huge_pages();
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
CTType ct_type(const CTTensor *tensor) { return static_cast<CTType>(tensor->value.scalar_type()); }
bool ct_is_cuda(const CTTensor *tensor) { return tensor->value.is_cuda(); }
bool ct_requires_gradient(const CTTensor *tensor) { return tensor->value.requires_grad(); }

CTError *ct_from_data(const void *data, CTType type, const int64_t *shape, size_t dim, CTTensor **out) {
  return returning(out, [&] {
    at::Tensor tensor = at::empty(ints(shape, dim), static_cast<at::ScalarType>(type));
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
