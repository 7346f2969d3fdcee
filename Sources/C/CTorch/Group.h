// Processes that compute together. Private to this target.
#pragma once

#ifndef USE_C10D_GLOO
#define USE_C10D_GLOO
#endif
#include <torch/csrc/api/include/torch/version.h>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include <stdexcept>

#include "Boundary.h"

#if TORCH_VERSION_MAJOR >= 2
using Communicator = c10d::Backend;
#else
using Communicator = c10d::ProcessGroup;
#endif

struct CTGroup {
  c10::intrusive_ptr<Communicator> members;

  /// Begins to add up a tensor of the processor's over all processes, in place. All must ask for the same in the same order.
  c10::intrusive_ptr<c10d::Work> begin_sum(at::Tensor &tensor);
  /// The same with a tensor of any device, waiting for the end.
  void sum(at::Tensor &tensor);
};

namespace ctorch {

/// Waits for what was begun. Throws `Lost`.
void finish(const c10::intrusive_ptr<c10d::Work> &work);

}  // namespace ctorch
