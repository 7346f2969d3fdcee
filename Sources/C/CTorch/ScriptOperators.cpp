#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/ir.h>

#include <sstream>
#include <unordered_set>

#include "Boundary.h"
#include "ScriptChecks.h"

using namespace torch::jit;

namespace {

// What classifiers are made of, in training-free evaluation. Left out are, on purpose: whatever names a file
// (from_file, save), takes memory as it comes (set_, resize_, _coalesced_, *_unsafe), starts other threads, talks to
// other processes or to Python, changes the process (seeds, thread counts, caches), and kernels that believe their
// arguments (cudnn_*, mkldnn_*, fbgemm_*, *_backward). Where a name is allowed, its in-place form name_ is, too.
const char *const operators = R"(
aten
abs absolute acos acosh add addcdiv addcmul angle arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan
atan2 atanh bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor ceil clamp clamp_max
clamp_min clip complex conj conj_physical copysign cos cosh deg2rad digamma div divide eq erf erfc erfinv exp exp2 expm1
fix float_power floor floor_divide fmax fmin fmod frac ge greater greater_equal gt heaviside hypot imag isclose isfinite
isinf isnan isneginf isposinf isreal ldexp le lerp less less_equal lgamma log log10 log1p log2 logaddexp logaddexp2
logical_and logical_not logical_or logical_xor logit lt masked_fill maximum minimum mul multiply nan_to_num ne neg
negative not_equal polar positive pow rad2deg real reciprocal remainder resolve_conj resolve_neg round rsqrt rsub sgn
sign signbit sin sinc sinh special_erf special_erfc special_exp2 special_expit special_expm1 special_gammaln
special_log1p special_log_softmax special_logit special_logsumexp special_round special_sinc special_softmax
special_xlogy sqrt square sub subtract tan tanh true_divide trunc view_as_complex view_as_real where xlogy
__and__ __iand__ __ilshift__ __ior__ __irshift__ __ixor__ __lshift__ __or__ __rshift__ __xor__

_log_softmax _softmax _safe_softmax celu elu gelu glu hardshrink hardsigmoid hardswish hardtanh leaky_relu log_sigmoid
log_softmax mish prelu _prelu_kernel relu relu6 rrelu selu sigmoid silu softmax softplus softshrink threshold

alpha_dropout bernoulli dropout exponential feature_alpha_dropout feature_dropout native_dropout normal rand rand_like
randint randint_like randn randn_like randperm uniform

_convolution _convolution_mode _native_multi_head_attention _transformer_encoder_layer_fwd addbmm addmm addmv addr
baddbmm bilinear bmm cdist chain_matmul conv1d conv2d conv3d conv_tbc conv_transpose1d conv_transpose2d conv_transpose3d
convolution cosine_similarity cross det dot einsum embedding ger gru gru_cell inner inverse kron linalg_cross linalg_det
linalg_diagonal linalg_inv linalg_matmul linalg_matrix_norm linalg_multi_dot linalg_norm linalg_vecdot
linalg_vector_norm linear lstm lstm_cell matmul mm mv outer pairwise_distance rnn_relu rnn_relu_cell rnn_tanh
rnn_tanh_cell scaled_dot_product_attention tensordot vdot

_batch_norm_impl_index _weight_norm _weight_norm_interface batch_norm fake_quantize_per_channel_affine
fake_quantize_per_tensor_affine frobenius_norm group_norm instance_norm layer_norm native_batch_norm native_group_norm
native_layer_norm norm norm_except_dim renorm rms_norm

_adaptive_avg_pool2d _adaptive_avg_pool3d adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d
adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d avg_pool1d avg_pool2d avg_pool3d max_pool1d
max_pool1d_with_indices max_pool2d max_pool2d_with_indices max_pool3d max_pool3d_with_indices

__interpolate __upsample __upsample_bilinear __upsample_nearest _pad_circular _pad_enum _upsample_bicubic2d_aa
_upsample_bilinear2d_aa _upsample_lanczos2d_aa _upsample_nearest_exact1d _upsample_nearest_exact2d _upsample_nearest_exact3d
affine_grid_generator channel_shuffle col2im constant_pad_nd grid_sampler grid_sampler_2d grid_sampler_3d im2col
native_channel_shuffle pad pixel_shuffle pixel_unshuffle reflection_pad1d reflection_pad2d reflection_pad3d
replication_pad1d replication_pad2d replication_pad3d upsample_bicubic2d upsample_bilinear2d upsample_linear1d
upsample_nearest1d upsample_nearest2d upsample_nearest3d upsample_trilinear3d

fft_fft fft_fft2 fft_fftfreq fft_fftn fft_fftshift fft_hfft fft_ifft fft_ifft2 fft_ifftn fft_ifftshift fft_ihfft
fft_irfft fft_irfft2 fft_irfftn fft_rfft fft_rfft2 fft_rfftfreq fft_rfftn

all allclose amax amin aminmax any argmax argmin argsort argwhere bucketize count_nonzero cummax cummin cumprod cumsum
diff dist equal isin kthvalue logcumsumexp logsumexp max mean median min mode msort nanmean nanmedian nanquantile nansum
nonzero prod quantile searchsorted sort std std_mean sum topk trace var var_mean

_reshape_alias _shape_as_tensor _unsafe_view adjoint alias as_strided atleast_1d atleast_2d atleast_3d block_diag
broadcast_tensors broadcast_to cartesian_prod cat chunk clone column_stack combinations concat concatenate contiguous
copy detach diag diag_embed diagflat diagonal diagonal_scatter dsplit dstack expand expand_as fill flatten flip fliplr flipud gather
hsplit hstack index index_add index_copy index_fill index_put index_select lift lift_fresh mH mT masked_scatter
masked_select matrix_H meshgrid moveaxis movedim narrow numpy_T one_hot permute ravel repeat repeat_interleave reshape
reshape_as roll rot90 row_stack scatter scatter_add scatter_reduce select select_scatter slice slice_scatter split split_with_sizes squeeze stack
swapaxes swapdims t take take_along_dim tensor_split tile transpose tril tril_indices triu triu_indices type_as unbind
unflatten unfold unsafe_chunk unsafe_split unsafe_split_with_sizes unsqueeze view view_as vsplit vstack zero

arange as_tensor empty empty_like empty_strided eye full full_like hamming_window hann_window linspace logspace new_empty
new_empty_strided new_full new_ones new_zeros ones ones_like range scalar_tensor tensor zeros zeros_like

Bool Complex ComplexImplicit Float FloatImplicit Int IntImplicit ScalarImplicit _autocast_to_full_precision
_autocast_to_reduced_precision _cast_Byte _cast_Char _cast_Double _cast_Float _cast_Half _cast_Int _cast_Long
_cast_Short _get_tracing_state _is_tracing _local_scalar_dense _to_copy _unwrap_optional broadcast_shapes can_cast cpu
cuda data device dim element_size get_device has_torch_function is_autocast_cpu_enabled is_autocast_enabled is_complex
is_contiguous is_floating_point is_grad_enabled is_inference is_neg is_conj is_nonzero is_same_size is_scripting
is_signed item numel promote_types result_type set_grad_enabled size storage_offset stride sym_numel sym_size sym_stride
to warn

Delete __contains__ __derive_index __getitem__ __is__ __isnot__ __not__ __range_length __round_to_zero_floordiv _set_item
append capitalize clear copy count degrees dict divmod endswith extend fabs find floordiv format gcd get index insert
isalnum isalpha isdigit islower isupper items join keys len list lower lstrip mathremainder ord percentFormat pop popitem
radians remove replace reverse rfind rstrip setdefault sorted splitlines startswith str strip title update upper values

prim
CallFunction CallMethod Constant ConstantChunk CreateObject DictConstruct Enter EnumName EnumValue Exit GetAttr If
ImplicitTensorToNum ListConstruct ListUnpack Loop NumToTensor Print RaiseException SetAttr StringIndex TupleConstruct
TupleIndex TupleSlice TupleUnpack Uninitialized abs data device dtype is_cpu is_cuda is_ipu is_maia is_meta is_mkldnn
is_mps is_mtia is_nested is_ort is_quantized is_sparse is_sparse_csr is_vulkan is_xla is_xpu isinstance itemsize layout
max min nbytes rangelist requires_grad shape tolist type unchecked_cast unchecked_unwrap_optional
)";

std::unordered_set<std::string> read_operators() {
  std::unordered_set<std::string> names;
  std::istringstream words(operators);
  std::string word, space;
  while (words >> word) {
    if (word == "aten" || word == "prim") {
      space = word + "::";
    } else {
      names.insert(space + word);
    }
  }
  return names;
}

bool has_places(const c10::TypePtr &type) {
  using c10::TypeKind;
  if (type->kind() == TypeKind::ClassType || type->kind() == TypeKind::InterfaceType || type->kind() == TypeKind::TupleType)
    return true;
  for (const auto &contained : type->containedTypes())
    if (has_places(contained)) return true;
  return false;
}

/// Whether the interpreter, which asks no more, could look for an attribute or element where there is none.
bool trusts_blindly(const Node &node) {
  if (node.kind() != prim::unchecked_cast || !has_places(node.output()->type())) return false;
  const auto optional = node.input()->type()->cast<c10::OptionalType>();
  return !optional || *optional->getElementType() != *node.output()->type();
}

void check_node(const Node &node) {
  std::string name = node.kind().toQualString();
  if (!ctorch::is_allowed(name)) throw ctorch::Refusal{CT_FORBIDDEN, "uses the operator " + name};
  if (trusts_blindly(node)) throw ctorch::Refusal{CT_FORBIDDEN, "takes a value for one of another type"};
  for (const Value *output : node.outputs()) {
    const auto type = output->type()->cast<c10::ClassType>();
    if (type && type->name() && type->name()->qualifiedName().rfind("__torch__.torch.classes.", 0) == 0) {
      throw ctorch::Refusal{CT_FORBIDDEN, "uses the class " + type->name()->qualifiedName()};
    }
    if (node.kind() == prim::Constant && node.hasAttribute(attr::value) && node.kindOf(attr::value) == AttributeKind::ival)
      ctorch::check_value(node.ival(attr::value), output->type());
  }
}

void check_block(const Block &block) {
  for (const Node *node : block.nodes()) {
    check_node(*node);
    for (const Block *inner : node->blocks()) check_block(*inner);
  }
}

/// Compares values with types; what is held by several is compared once.
class ValueCheck {
 public:
  void check(const c10::IValue &value, const c10::TypePtr &type) {
    using c10::TypeKind;
    if (value.isPtrType() && !seen.insert({value.internalToPointer(), type.get()}).second) return;
    switch (type->kind()) {
      case TypeKind::OptionalType:
        if (!value.isNone()) check(value, type->containedType(0));
        return;
      case TypeKind::ListType:
        need(value.isList() && value.type()->isSubtypeOf(*type), type);
        for (const c10::IValue &element : value.toListRef()) check(element, type->containedType(0));
        return;
      case TypeKind::DictType: {
        need(value.isGenericDict() && value.type()->isSubtypeOf(*type), type);
        for (const auto &entry : value.toGenericDict()) {
          check(entry.key(), type->containedType(0));
          check(entry.value(), type->containedType(1));
        }
        return;
      }
      case TypeKind::TupleType: {
        need(value.isTuple() && value.toTupleRef().elements().size() == type->containedTypeSize(), type);
        size_t place = 0;
        for (const auto &element : value.toTupleRef().elements()) check(element, type->containedType(place++));
        return;
      }
      case TypeKind::ClassType:
      case TypeKind::InterfaceType: {
        need(value.isObject() && value.type()->isSubtypeOf(*type), type);
        const auto &object = value.toObjectRef();
        const auto own = object.type();
        need(object.slots().size() == own->numAttributes(), type);
        for (size_t i = 0; i < own->numAttributes(); i++) check(object.getSlot(i), own->getAttribute(i));
        return;
      }
      default: need(value.type()->isSubtypeOf(*type), type);
    }
  }

 private:
  struct Hash {
    size_t operator()(const std::pair<const void *, const c10::Type *> &key) const {
      return std::hash<const void *>()(key.first) * 31 + std::hash<const void *>()(key.second);
    }
  };

  std::unordered_set<std::pair<const void *, const c10::Type *>, Hash> seen;

  static void need(bool holds, const c10::TypePtr &type) {
    if (!holds) throw ctorch::Refusal{CT_DAMAGED, "a value is not of its type " + type->annotation_str()};
  }
};

}  // namespace

bool ctorch::is_allowed(const std::string &name) {
  static const std::unordered_set<std::string> names = read_operators();
  return names.count(name) != 0 || (name.back() == '_' && names.count(name.substr(0, name.size() - 1)) != 0);
}

void ctorch::check_functions(const CompilationUnit &functions) {
  for (Function *function : functions.get_functions()) {
    GraphFunction *code = tryToGraphFunction(*function);
    if (code == nullptr) throw Refusal{CT_FORBIDDEN, "calls the built-in function " + function->name()};
    check_block(*code->graph()->block());
  }
}

void ctorch::check_value(const c10::IValue &value, const c10::TypePtr &type) { ValueCheck().check(value, type); }
