#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include "Boundary.h"

using namespace ctorch;

static c10::optional<at::Tensor> optional(const CTTensor *tensor) {
  if (tensor == nullptr) return c10::nullopt;
  return tensor->value;
}

CTError *ct_convolution(
    const CTTensor *input, const CTTensor *weight, const CTTensor *bias_or_null, CTWindow window, int64_t groups,
    CTTensor **out) {
  return returning(out, [&] {
    return at::conv2d(
        input->value, weight->value, optional(bias_or_null), window.stride, window.padding, window.dilation, groups);
  });
}

CTError *ct_linear(const CTTensor *input, const CTTensor *weight, const CTTensor *bias_or_null, CTTensor **out) {
  return returning(out, [&] { return at::linear(input->value, weight->value, optional(bias_or_null)); });
}

namespace {
struct Guided : torch::autograd::Function<Guided> {
  static at::Tensor forward(torch::autograd::AutogradContext *, const at::Tensor &input) { return input.view_as(input); }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext *, torch::autograd::variable_list gradients) {
    return {gradients[0].relu()};
  }
};
}  // namespace

CTError *ct_guided(const CTTensor *input, CTTensor **out) {
  return returning(out, [&] { return Guided::apply(input->value); });
}

CTError *ct_cross_entropy(const CTTensor *logits, const CTTensor *labels, CTTensor **out) {
  return returning(out, [&] { return at::cross_entropy_loss(logits->value, labels->value); });
}

CTError *ct_resize_bilinear(const CTTensor *a, int64_t height, int64_t width, CTTensor **out) {
  return returning(out, [&] {
    return at::_upsample_bilinear2d_aa(a->value, {height, width}, /*align_corners=*/false);
  });
}

bool ct_gradient_mode(void) { return at::GradMode::is_enabled(); }

void ct_set_gradient_mode(bool enabled) { at::GradMode::set_enabled(enabled); }

CTError *ct_require_gradient(CTTensor *tensor) {
  return guarded([&] { tensor->value.requires_grad_(true); });
}

CTError *ct_gradient(
    const CTTensor *output, const CTTensor *seed, const CTTensor *const *inputs, size_t count, bool retain,
    CTTensor **out) {
  return guarded([&] {
    std::vector<at::Tensor> variables;
    variables.reserve(count);
    for (size_t i = 0; i < count; i++) variables.push_back(inputs[i]->value);
    auto gradients = torch::autograd::grad(
        {output->value}, variables, {seed->value}, /*retain_graph=*/retain, /*create_graph=*/false,
        /*allow_unused=*/true);
    for (size_t i = 0; i < count; i++) out[i] = gradients[i].defined() ? new CTTensor{gradients[i]} : nullptr;
  });
}
