#include <ATen/ATen.h>
#include <torch/csrc/api/include/torch/version.h>
#include <torch/library.h>

#include <cmath>

#if TORCH_VERSION_MAJOR < 2
// Attention, as PyTorch 2 exports it: softmax(q kᵀ · scale + mask) v. libtorch 1.13 lacks the operator, so that every file
// with attention in it would fail to load. Made of differentiable operators, so gradients need no code of their own.
static at::Tensor scaled_dot_product_attention(
    const at::Tensor &query, const at::Tensor &key, const at::Tensor &value, const c10::optional<at::Tensor> &mask,
    double dropout, bool is_causal, c10::optional<double> scale, bool grouped_queries) {
  // With grouped queries several query heads share one head of keys and values.
  const auto shared = [&](const at::Tensor &heads) {
    return grouped_queries ? heads.repeat_interleave(query.size(-3) / heads.size(-3), -3) : heads;
  };
  double factor = scale.has_value() ? *scale : 1.0 / std::sqrt(static_cast<double>(query.size(-1)));
  at::Tensor scores = at::matmul(query, shared(key).transpose(-2, -1)) * factor;
  if (is_causal) {
    at::Tensor allowed = at::ones({query.size(-2), key.size(-2)}, query.options().dtype(at::kBool)).tril();
    scores = scores.masked_fill(allowed.logical_not(), -INFINITY);
  }
  if (mask.has_value() && mask->defined()) {
    scores = mask->scalar_type() == at::kBool ? scores.masked_fill(mask->logical_not(), -INFINITY) : scores + *mask;
  }
  at::Tensor weights = scores.softmax(-1);
  if (dropout > 0) weights = at::dropout(weights, dropout, /*train=*/true);
  return at::matmul(weights, shared(value));
}

static at::Tensor upsample_lanczos(
    const at::Tensor &, at::IntArrayRef, bool, c10::optional<double>, c10::optional<double>) {
  throw std::runtime_error("resizing with lanczos needs a newer libtorch");
}

static at::Tensor upsample_lanczos_by_factors(
    const at::Tensor &, at::OptionalIntArrayRef, bool, c10::optional<at::ArrayRef<double>>) {
  throw std::runtime_error("resizing with lanczos needs a newer libtorch");
}

TORCH_LIBRARY_FRAGMENT(aten, library) {
  library.def(
      "scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, "
      "float dropout_p=0.0, bool is_causal=False, *, float? scale=None, bool enable_gqa=False) -> Tensor",
      &scaled_dot_product_attention);
  // torch.nn.functional.interpolate names it beside the kinds of resizing that models use.
  library.def(
      "_upsample_lanczos2d_aa(Tensor self, int[2] output_size, bool align_corners, float? scales_h=None, "
      "float? scales_w=None) -> Tensor",
      &upsample_lanczos);
  library.def(
      "_upsample_lanczos2d_aa.vec(Tensor input, int[]? output_size, bool align_corners, float[]? scale_factors) -> Tensor",
      &upsample_lanczos_by_factors);
}
#endif
