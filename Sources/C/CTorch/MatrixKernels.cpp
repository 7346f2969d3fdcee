// What OpenBLAS multiplies matrices with.
//
// OpenBLAS chooses its kernels when it is loaded. Of a processor that it does not know it may take those of 2004 ("Prescott"), as
// Debian 12's 0.3.21 does on an Intel Xeon of family 6, model 207, and others up to 0.3.24 on newer ones
// (github.com/OpenMathLib/OpenBLAS, issue 4267). The variable OPENBLAS_CORETYPE would tell it, but is read then alone; so it is made
// to choose again. Without OpenBLAS, or where the user has set the variable, nothing happens.

#include "Boundary.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <cstdlib>
#include <dlfcn.h>
#include <string>

namespace {

template <typename Function> Function *find(const char *name) {
  return reinterpret_cast<Function *>(dlsym(RTLD_DEFAULT, name));
}

const char *newest_kernels() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd"))
    return "SkylakeX";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
#endif
  return nullptr;
}

} // namespace

void choose_matrix_kernels() {
  const char *variable = "OPENBLAS_CORETYPE";
  const auto taken = find<const char *()>("openblas_get_corename");
  const auto forget = find<void()>("gotoblas_dynamic_quit");
  const auto choose = find<void()>("gotoblas_dynamic_init");
  const char *better = newest_kernels();
  if (!taken || !forget || !choose || !better || std::getenv(variable) || std::string(taken()) != "Prescott") return;
  setenv(variable, better, 1);
  forget();
  choose();
  unsetenv(variable);
}

bool ct_multiplies_bfloat16(void) {
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  const unsigned subleaves = a;
  if (d & 1u << 22) return true;
  if (subleaves < 1 || !__builtin_cpu_is("amd") || !__builtin_cpu_supports("avx512f")) return false;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & 1u << 5);
#else
  return false;
#endif
}
