// Layers with PyTorch's parameter names, defaults and initial distributions.
#ifndef DFKD_NN_LAYERS_H_
#define DFKD_NN_LAYERS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dfkd/core/random_stream.h"
#include "dfkd/nn/module.h"
#include "dfkd/nn/taps.h"

namespace dfkd {

// A module that maps one tensor to one tensor.
class Layer : public Module {
 public:
  virtual at::Tensor Forward(const at::Tensor& x, Taps& taps) = 0;
  at::Tensor Forward(const at::Tensor& x) {
    Taps none;
    return Forward(x, none);
  }
};

// max(x, 0), noted in `taps`. x is a fresh tensor that nobody else looks at, such as the sum of a
// residual block: unless `taps` want it, it is overwritten.
at::Tensor ReluOfFresh(at::Tensor x, Taps& taps);

struct ConvOptions {
  int64_t in = 0;
  int64_t out = 0;
  int64_t kernel = 3;
  int64_t stride = 1;
  int64_t padding = 0;
  int64_t dilation = 1;
  int64_t groups = 1;
  bool bias = true;
  // The weight's initial distribution: N(0, 2 / (out k^2)), as residual networks draw it, in place
  // of PyTorch's default.
  bool kaiming_normal = false;
};

// weight [out, in/groups, k, k] and bias [out] ~ U(-1/sqrt(fan_in), 1/sqrt(fan_in)), as
// torch.nn.Conv2d.
class Conv2d : public Layer {
 public:
  Conv2d(const ConvOptions& options, RandomStream& init);
  using Layer::Forward;
  // [N, in, H, W] -> [N, out, H', W']
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override;

  at::Tensor weight;
  at::Tensor bias;  // undefined without bias

 private:
  ConvOptions options_;
};

// weight [out, in], bias [out]; initialised as torch.nn.Linear.
class Linear : public Layer {
 public:
  Linear(int64_t in, int64_t out, RandomStream& init, bool with_bias = true);
  using Layer::Forward;
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override;

  at::Tensor weight;
  at::Tensor bias;
};

// torch.nn.BatchNorm1d/2d: one class for [N, C] and [N, C, H, W]. Shows 4-d inputs to `taps`.
class BatchNorm : public Layer {
 public:
  explicit BatchNorm(int64_t channels, double eps = 1e-5, double momentum = 0.1,
                     bool affine = true);
  using Layer::Forward;
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override;
  // ReLU of that, in the same pass where the layer is frozen.
  at::Tensor ForwardRelu(const at::Tensor& x, Taps& taps);
  // ReLU6 of that, min(max(y, 0), 6).
  at::Tensor ForwardRelu6(const at::Tensor& x, Taps& taps);

  at::Tensor weight;  // ones; undefined unless affine
  at::Tensor bias;    // zeros; undefined unless affine
  at::Tensor running_mean;
  at::Tensor running_var;
  at::Tensor num_batches_tracked;  // int64 scalar

 private:
  at::Tensor Apply(const at::Tensor& x, bool relu, Taps& taps);
  // In evaluation mode, with nobody asking for the gradients of weight and bias.
  bool IsFrozen() const;

  double eps_;
  double momentum_;
};

// Children "0", "1", …
class Sequential : public Layer {
 public:
  template <typename T, typename... Args>
  T* Add(Args&&... args) {
    return AddNamed<T>(std::to_string(size()), std::forward<Args>(args)...);
  }
  template <typename T, typename... Args>
  T* AddNamed(std::string name, Args&&... args) {
    T* layer = AddModule<T>(std::move(name), std::forward<Args>(args)...);
    layers_.push_back(layer);
    return layer;
  }
  size_t size() const { return layers_.size(); }
  Layer& at(size_t i) { return *layers_[i]; }

  using Layer::Forward;
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override;

 private:
  std::vector<Layer*> layers_;
};

// Layers without parameters.
class ReLU : public Layer {
 public:
  using Layer::Forward;
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override;
};

// torch.nn.Dropout. In training mode each number is zeroed with probability p, and the others are
// divided by 1 - p; in evaluation mode nothing happens.
class Dropout : public Layer {
 public:
  // 0 <= p < 1. Masks are drawn from `random`, a stream of the run, whose checkpoints keep its
  // place in it; null: the layer is never used in training mode.
  Dropout(double p, RandomStream* random) : p_(p), random_(random) {}
  using Layer::Forward;
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override;

 private:
  double p_;
  RandomStream* random_;
};

class LeakyReLU : public Layer {
 public:
  // in_place: overwrites its input, which must be a fresh tensor that nobody else looks at, such as
  // BatchNorm's output.
  explicit LeakyReLU(double slope = 0.2, bool in_place = false)
      : slope_(slope), in_place_(in_place) {}
  using Layer::Forward;
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override;

 private:
  double slope_;
  bool in_place_;
};

// Nearest-neighbour upsampling by 2.
class UpsampleNearest2x : public Layer {
 public:
  using Layer::Forward;
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override;
};

class Sigmoid : public Layer {
 public:
  using Layer::Forward;
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override;
};

class Tanh : public Layer {
 public:
  using Layer::Forward;
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override;
};

}  // namespace dfkd

#endif  // DFKD_NN_LAYERS_H_
