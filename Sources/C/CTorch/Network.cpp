#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "Boundary.h"

using namespace ctorch;

static c10::optional<at::Tensor> optional(const CTTensor *tensor) {
  if (tensor == nullptr) return c10::nullopt;
  return tensor->value;
}

namespace {

/// A convolution with a stride s > 1 of an image with few channels, as networks begin with. For its gradient in the image oneDNN has
/// no fast way: 2.6 takes about twice as long as this for windows of 7×7 and stride 2. With u = s m + a, the sum over all taps t
/// and places i with s i + t - p = u of W[o, c, t] G[o, i] is, for each of the s² phases a, a convolution of stride 1 of G with
/// every s-th tap, the last one first.
struct FewChannels : torch::autograd::Function<FewChannels> {
  static bool fits(const at::Tensor &input, const at::Tensor &weight, const CTWindow &window, int64_t groups) {
    const int64_t stride = window.stride[0];
    return at::GradMode::is_enabled() && input.requires_grad() && !weight.requires_grad() && input.is_cpu() &&
           input.scalar_type() == at::kFloat && weight.scalar_type() == at::kFloat && input.dim() == 4 &&
           weight.dim() == 4 && groups == 1 && input.size(1) <= 4 && stride > 1 && window.stride[1] == stride &&
           window.padding[0] == window.padding[1] && window.dilation[0] == 1 && window.dilation[1] == 1 &&
           window.padding[0] < weight.size(2) && weight.size(2) == weight.size(3) && weight.size(2) > stride;
  }

  static at::Tensor forward(
      torch::autograd::AutogradContext *context, const at::Tensor &input, const at::Tensor &weight,
      const c10::optional<at::Tensor> &bias, int64_t stride, int64_t padding) {
    const int64_t kernel = weight.size(2);
    // G's places as seen from m: from first to last.
    const int64_t last = (stride - 1 + padding) / stride, first = -((kernel - 1 - padding) / stride);
    const int64_t taps = last - first + 1, before = stride * last - padding;
    const int64_t after = stride * taps - before - kernel;
    const at::Tensor phases = at::constant_pad_nd(weight.detach(), {before, after, before, after})
                                  .reshape({weight.size(0), weight.size(1), taps, stride, taps, stride})
                                  .permute({1, 3, 5, 0, 2, 4})
                                  .reshape({-1, weight.size(0), taps, taps})
                                  .flip({2, 3})
                                  .contiguous(at::MemoryFormat::ChannelsLast);
    context->save_for_backward({phases});
    context->saved_data["size"] = input.sizes().slice(2).vec();
    context->saved_data["stride"] = stride;
    context->saved_data["last"] = last;
    return at::conv2d(input, weight, bias, stride, padding);
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext *context, torch::autograd::variable_list gradients) {
    const at::Tensor phases = context->get_saved_variables()[0];
    const std::vector<int64_t> size = context->saved_data["size"].toIntVector();
    const int64_t stride = context->saved_data["stride"].toInt(), last = context->saved_data["last"].toInt();
    at::Tensor result = at::conv2d(gradients[0], phases, {}, 1, phases.size(2) - 1);
    for (int64_t axis : {2, 3}) {
      const int64_t wanted = (size[axis - 2] + stride - 1) / stride;
      const int64_t missing = std::max<int64_t>(0, last + wanted - result.size(axis));
      if (missing > 0) {
        using Sides = std::vector<int64_t>;
        result = at::constant_pad_nd(result, axis == 3 ? Sides{0, missing} : Sides{0, 0, 0, missing});
      }
      result = result.narrow(axis, last, wanted);
    }
    result = at::pixel_shuffle(result, stride).narrow(2, 0, size[0]).narrow(3, 0, size[1]);
    return {result, at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

CTError *ct_convolution(
    const CTTensor *input, const CTTensor *weight, const CTTensor *bias_or_null, CTWindow window, int64_t groups,
    CTTensor **out) {
  return returning(out, [&] {
    const bool bias_learns = bias_or_null != nullptr && bias_or_null->value.requires_grad();
    if (!bias_learns && FewChannels::fits(input->value, weight->value, window, groups)) {
      return FewChannels::apply(
          input->value, weight->value, optional(bias_or_null), window.stride[0], window.padding[0]);
    }
    return at::conv2d(
        input->value, weight->value, optional(bias_or_null), window.stride, window.padding, window.dilation, groups);
  });
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
