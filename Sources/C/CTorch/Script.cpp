#include <torch/csrc/api/include/torch/version.h>
#include <torch/library.h>
#include <torch/script.h>

#include <cmath>

#include "Boundary.h"

using namespace ctorch;

struct CTModule {
  torch::jit::Module value;
};

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

TORCH_LIBRARY_FRAGMENT(aten, library) {
  library.def(
      "scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, "
      "float dropout_p=0.0, bool is_causal=False, *, float? scale=None, bool enable_gqa=False) -> Tensor",
      &scaled_dot_product_attention);
}
#endif

static CTType weight_type(const torch::jit::Module &module) {
  for (const auto &tensor : module.parameters())
    if (tensor.is_floating_point()) return type_code(tensor.scalar_type());
  for (const auto &tensor : module.buffers())
    if (tensor.is_floating_point()) return type_code(tensor.scalar_type());
  return CT_FLOAT32;
}

CTError *ct_module_load(const char *path, CTDevice where, CTModule **out) {
  return guarded([&] {
    auto module = torch::jit::load(path, device(where));
    module.eval();
    // libtorch computes little in 16 bits on a CPU, and gradients of 16 bits are too coarse to compare.
    CTType type = weight_type(module);
    if (type == CT_FLOAT16 || type == CT_BFLOAT16) module.to(at::kFloat);
    *out = new CTModule{std::move(module)};
  });
}

void ct_module_free(CTModule *module) { delete module; }

CTError *ct_module_input_count(const CTModule *module, int64_t *out) {
  return guarded([&] {
    const auto &arguments = module->value.get_method("forward").function().getSchema().arguments();
    int64_t count = 0;
    for (size_t i = 1; i < arguments.size(); i++) count += arguments[i].default_value().has_value() ? 0 : 1;
    *out = count;
  });
}

CTType ct_module_type(const CTModule *module) { return weight_type(module->value); }

CTError *ct_module_forward(CTModule *module, const CTTensor *input, CTReturned *returned, CTTensor **out) {
  return guarded([&] {
    // Without the executor's rewriting every call computes the same, and the first two are not spent on compiling.
    torch::jit::GraphOptimizerEnabledGuard plain(false);
    c10::IValue answer = module->value.forward({input->value});
    if (answer.isTensor()) {
      *out = new CTTensor{answer.toTensor()};
      *returned = CT_RETURNED_TENSOR;
    } else if (answer.isTuple()) {
      *returned = CT_RETURNED_TUPLE;
    } else if (answer.isList()) {
      *returned = CT_RETURNED_LIST;
    } else if (answer.isGenericDict()) {
      *returned = CT_RETURNED_DICTIONARY;
    } else {
      *returned = CT_RETURNED_OTHER;
    }
  });
}
