// What processes that train one network together exchange: gradients, and the statistics of batch normalisation.
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "Group.h"

using namespace ctorch;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// The gradients of a step, one behind the other in a few buckets. A bucket is added up as soon as it is full, while those of earlier
/// layers are still being computed.
struct CTGradients {
  struct Place {
    size_t bucket;
    int64_t start;
    std::vector<int64_t> shape;
    bool is_reached = false;
    /// The part of the bucket.
    at::Tensor part;
  };

  struct Bucket {
    at::Tensor sum;
    size_t size = 0;
    size_t missing = 0;
    c10::intrusive_ptr<c10d::Work> work;
  };

  /// In elements. Large enough for the network to be fast, small enough for several in a network.
  static constexpr int64_t bucket_size = 1 << 20;

  CTGroup *group;
  std::vector<Place> places;
  std::vector<Bucket> buckets;

  CTGradients(CTGroup *group, const CTTensor *const *parameters, size_t count) : group(group), places(count) {
    // The last layers' gradients come first.
    std::vector<int64_t> lengths;
    for (size_t i = count; i-- > 0;) {
      const at::Tensor &parameter = parameters[i]->value;
      if (lengths.empty() || lengths.back() >= bucket_size) {
        lengths.push_back(0);
        buckets.emplace_back();
      }
      places[i] = {buckets.size() - 1, lengths.back(), parameter.sizes().vec()};
      buckets.back().size++;
      lengths.back() += parameter.numel();
    }
    for (size_t i = 0; i < buckets.size(); i++) {
      buckets[i].sum = at::zeros({lengths[i]}, parameters[0]->value.scalar_type());
    }
    for (Place &place : places) {
      const int64_t length = c10::multiply_integers(place.shape);
      place.part = buckets[place.bucket].sum.narrow(0, place.start, length).view(place.shape);
    }
    begin();
  }

  void begin() {
    for (Bucket &bucket : buckets) bucket.missing = bucket.size;
    for (Place &place : places) place.is_reached = false;
  }

  void add(size_t index, const at::Tensor &gradient) {
    Place &place = places[index];
    place.part.copy_(gradient);
    place.is_reached = true;
    Bucket &bucket = buckets[place.bucket];
    if (--bucket.missing == 0) bucket.work = group->begin_sum(bucket.sum);
  }

  /// Waits for all sums.
  void end() {
    for (Place &place : places) {
      if (!place.is_reached) place.part.zero_();
    }
    for (Bucket &bucket : buckets) {
      if (bucket.missing > 0) bucket.work = group->begin_sum(bucket.sum);
    }
    for (Bucket &bucket : buckets) finish(bucket.work);
  }
};

namespace {

/// The same values; their gradient is put into its bucket on the way back.
struct Gathered : torch::autograd::Function<Gathered> {
  static at::Tensor forward(AutogradContext *context, const at::Tensor &input, CTGradients *gradients, size_t index) {
    context->saved_data["gradients"] = reinterpret_cast<int64_t>(gradients);
    context->saved_data["index"] = static_cast<int64_t>(index);
    return input.view_as(input);
  }

  static variable_list backward(AutogradContext *context, variable_list found) {
    at::NoGradGuard guard;
    auto *gradients = reinterpret_cast<CTGradients *>(context->saved_data["gradients"].toInt());
    if (found[0].defined()) gradients->add(context->saved_data["index"].toInt(), found[0]);
    return {found[0], at::Tensor(), at::Tensor()};
  }
};

/// Batch normalisation by the statistics of all processes' images. S. Ioffe, C. Szegedy, *Batch Normalization*, 2015: with the
/// mean μ and the variance σ² of a channel's N values in all images, x̂ = (x − μ)/√(σ² + ε) and y = γ x̂ + β,
/// ∂x = γ/√(σ² + ε) (∂y − Σ∂y/N − x̂ Σ(∂y x̂)/N). The sums over all images are added up over the processes in float64.
struct GroupNorm : torch::autograd::Function<GroupNorm> {
  static at::Tensor forward(
      AutogradContext *context, const at::Tensor &input, const at::Tensor &weight, const at::Tensor &bias,
      const CTGroupNorm &norm) {
    const int64_t channels = input.size(1);
    at::Tensor mean, variance;
    std::tie(mean, variance) = at::batch_norm_update_stats(input, {}, {}, 0);
    mean = mean.to(at::kDouble);
    const double own = norm.is_counted ? static_cast<double>(input.numel() / channels) : 0;
    at::Tensor sums = at::cat({mean, variance.to(at::kDouble).add(mean.square()), at::ones({1}, mean.options())}).mul(own);
    norm.group->sum(sums);
    const double total = sums[2 * channels].item<double>();
    mean = sums.narrow(0, 0, channels).div(total);
    variance = sums.narrow(0, channels, channels).div(total).sub(mean.square()).clamp_min(0);

    at::Tensor running_mean = norm.running_mean->value, running_variance = norm.running_variance->value;
    running_mean.mul_(1 - norm.momentum).add_(mean.to(running_mean.scalar_type()), norm.momentum);
    running_variance.mul_(1 - norm.momentum)
        .add_(variance.mul(total / (total - 1)).to(running_variance.scalar_type()), norm.momentum);

    mean = mean.to(input.scalar_type());
    variance = variance.to(input.scalar_type());
    context->save_for_backward({input, weight, mean, variance});
    context->saved_data["group"] = reinterpret_cast<int64_t>(norm.group);
    context->saved_data["counts"] = norm.is_counted;
    context->saved_data["total"] = total;
    context->saved_data["epsilon"] = norm.epsilon;
    return std::get<0>(at::native_batch_norm(input, weight, bias, mean, variance, false, 0, norm.epsilon));
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    at::NoGradGuard guard;
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &input = saved[0], &weight = saved[1], &mean = saved[2], &variance = saved[3];
    auto *group = reinterpret_cast<CTGroup *>(context->saved_data["group"].toInt());
    const double total = context->saved_data["total"].toDouble(), epsilon = context->saved_data["epsilon"].toDouble();
    const int64_t channels = input.size(1);
    const at::Tensor output = gradients[0].contiguous(input.suggest_memory_format());
    // With “training” off it sums ∂y x̂ and ∂y with the mean and the variance that it is given.
    auto own = at::native_batch_norm_backward(
        output, input, weight, mean, variance, {}, {}, false, epsilon, {false, true, true});
    at::Tensor sums = at::cat({std::get<1>(own).to(at::kDouble), std::get<2>(own).to(at::kDouble)});
    group->sum(sums);
    at::Tensor result;
    if (context->saved_data["counts"].toBool()) {
      const at::Tensor inverse = variance.to(at::kDouble).add(epsilon).rsqrt(), scale = weight.to(at::kDouble).mul(inverse);
      const at::Tensor slope = scale.mul(inverse).mul(sums.narrow(0, 0, channels)).div(-total);
      const at::Tensor shift = scale.mul(sums.narrow(0, channels, channels)).div(-total);
      const auto type = input.scalar_type();
      // (x − μ) slope + shift in one pass.
      result = std::get<0>(at::native_batch_norm(
          input, slope.to(type), shift.to(type), mean, at::ones_like(variance), false, 0, 0));
      std::vector<int64_t> shape(input.dim(), 1);
      shape[1] = channels;
      result.addcmul_(output, scale.to(type).view(shape));
    } else {
      result = at::zeros_like(input);
    }
    return {result, std::get<1>(own), std::get<2>(own), at::Tensor()};
  }
};

}  // namespace

CTError *ct_gradients_new(CTGroup *group, const CTTensor *const *parameters, size_t count, CTGradients **out) {
  return guarded([&] { *out = new CTGradients(group, parameters, count); });
}

void ct_gradients_free(CTGradients *gradients) { delete gradients; }

CTError *ct_gradients_gather(CTGradients *gradients, const CTTensor *parameter, size_t index, CTTensor **out) {
  return returning(out, [&] { return Gathered::apply(parameter->value, gradients, index); });
}

CTError *ct_gradients_end(CTGradients *gradients, CTTensor **out) {
  return guarded([&] {
    gradients->end();
    for (size_t i = 0; i < gradients->places.size(); i++) {
      const auto &place = gradients->places[i];
      out[i] = place.is_reached ? new CTTensor{place.part} : nullptr;
    }
    gradients->begin();
  });
}

CTError *ct_group_norm(
    const CTTensor *input, const CTTensor *weight, const CTTensor *bias, const CTGroupNorm *norm, CTTensor **out) {
  return returning(out, [&] {
    const at::Tensor &given = input->value;
    const at::ScalarType type = given.scalar_type();
    const bool is_short = type == at::kBFloat16 || type == at::kHalf;
    const at::Tensor full = is_short ? given.to(at::kFloat) : given;
    return GroupNorm::apply(full, weight->value, bias->value, *norm).to(type);
  });
}
