// The one place where C++ exceptions end. Private to this target.
#pragma once

#include <ATen/ATen.h>
#include <c10/util/Exception.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>

#include "ctorch.h"

struct CTTensor {
  at::Tensor value;
};

struct CTGenerator {
  at::Generator value;
};

/// Makes OpenBLAS use kernels for this processor, see MatrixKernels.cpp.
void choose_matrix_kernels();

namespace ctorch {

/// What is wrong with a file, with the code that tells its kind.
struct Refusal {
  CTErrorCode code;
  std::string message;
};

/// Another process of a group has ended, or does not answer. A std::exception, which a backward pass hands on.
struct Lost : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline CTError *make_error(CTErrorCode code, const char *message) {
  auto *error = static_cast<CTError *>(std::malloc(sizeof(CTError)));
  if (error == nullptr) std::abort();
  error->code = code;
  error->message = strdup(message);
  return error;
}

inline CTErrorCode classify(const std::string &message) {
  bool memory = message.find("can't allocate memory") != std::string::npos ||
                message.find("not enough memory") != std::string::npos ||
                message.find("CUDA out of memory") != std::string::npos;
  return memory ? CT_OUT_OF_MEMORY : CT_FAILED;
}

/// Runs `body`; whatever it throws becomes the returned error.
template <typename Body>
CTError *guarded(Body &&body) noexcept {
  try {
    body();
    return nullptr;
  } catch (const Refusal &refusal) {
    return make_error(refusal.code, refusal.message.c_str());
  } catch (const Lost &lost) {
    return make_error(CT_LOST, lost.what());
  } catch (const c10::Error &error) {
    std::string message = error.what_without_backtrace();
    return make_error(classify(message), message.c_str());
  } catch (const std::bad_alloc &) {
    return make_error(CT_OUT_OF_MEMORY, "not enough memory");
  } catch (const std::exception &error) {
    return make_error(classify(error.what()), error.what());
  } catch (...) {
    return make_error(CT_FAILED, "an unknown C++ exception");
  }
}

/// Runs `body`, which returns a tensor, and hands that to the caller.
template <typename Body>
CTError *returning(CTTensor **out, Body &&body) noexcept {
  return guarded([&] { *out = new CTTensor{body()}; });
}

inline at::IntArrayRef ints(const int64_t *values, size_t count) { return {values, count}; }

}  // namespace ctorch
