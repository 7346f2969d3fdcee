#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include "Boundary.h"

using namespace ctorch;

static c10::optional<at::Tensor> optional(const CTTensor *tensor) {
  if (tensor == nullptr) return c10::nullopt;
  return tensor->value;
}

CTError *ct_convolution(
    const CTTensor *input, const CTTensor *weight, const CTTensor *bias_or_null, int64_t stride, int64_t padding,
    CTTensor **out) {
  return returning(out, [&] {
    return at::conv2d(input->value, weight->value, optional(bias_or_null), {stride, stride}, {padding, padding});
  });
}

CTError *ct_linear(const CTTensor *input, const CTTensor *weight, const CTTensor *bias_or_null, CTTensor **out) {
  return returning(out, [&] { return at::linear(input->value, weight->value, optional(bias_or_null)); });
}

CTError *ct_max_pool(const CTTensor *input, int64_t kernel, int64_t stride, int64_t padding, CTTensor **out) {
  return returning(out, [&] {
    return at::max_pool2d(input->value, {kernel, kernel}, {stride, stride}, {padding, padding});
  });
}

CTError *ct_max_pool_places(const CTTensor *input, int64_t kernel, int64_t stride, int64_t padding, CTTensor **out) {
  return returning(out, [&] {
    return std::get<1>(
        at::max_pool2d_with_indices(input->value, {kernel, kernel}, {stride, stride}, {padding, padding}));
  });
}

namespace {
struct GuidedRelu : torch::autograd::Function<GuidedRelu> {
  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &input) {
    at::Tensor output = input.relu();
    context->save_for_backward({output});
    return output;
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext *context, torch::autograd::variable_list gradients) {
    at::Tensor output = context->get_saved_variables()[0];
    return {gradients[0].relu().mul_(output > 0)};
  }
};
}  // namespace

CTError *ct_guided_relu(const CTTensor *input, CTTensor **out) {
  return returning(out, [&] { return GuidedRelu::apply(input->value); });
}

CTError *ct_batch_norm(
    const CTTensor *input, const CTTensor *weight, const CTTensor *bias, CTTensor *running_mean,
    CTTensor *running_variance, bool training, double momentum, double epsilon, CTTensor **out) {
  return returning(out, [&] {
    return at::batch_norm(
        input->value, weight->value, bias->value, running_mean->value, running_variance->value, training, momentum,
        epsilon, /*cudnn_enabled=*/true);
  });
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
