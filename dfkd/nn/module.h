// A network: named parameters, buffers and children, with PyTorch's state_dict names.
//
// Why not torch::nn::Module: its header costs 8 s more per file that includes it, it has no hooks
// through which BatchNorm inputs could be seen, and nothing here needs its cloning or its archives.
#ifndef DFKD_NN_MODULE_H_
#define DFKD_NN_MODULE_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace dfkd {

struct NamedTensor {
  std::string name;  // "block1.layer.0.conv1.weight"
  at::Tensor tensor;
};

class Module {
 public:
  Module() = default;
  virtual ~Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  // In order of registration, children after a module's own.
  std::vector<NamedTensor> NamedParameters() const;
  std::vector<NamedTensor> NamedBuffers() const;
  // Parameters and buffers, as PyTorch's state_dict (order aside).
  std::vector<NamedTensor> NamedState() const;
  std::vector<at::Tensor> Parameters() const;

  // Training mode: BatchNorm uses and updates batch statistics.
  void Train(bool on = true);
  void Eval() { Train(false); }
  bool training() const { return training_; }

  void RequireGrad(bool on);
  // Moves parameters and floating-point buffers in place (the at::Tensor objects are kept).
  void To(at::Device device);
  // Lays 4-d parameters out as channels_last.
  void ToChannelsLast();

 protected:
  // The returned tensor shares storage with what is registered; parameters require gradients.
  at::Tensor AddParameter(std::string name, at::Tensor tensor);
  at::Tensor AddBuffer(std::string name, at::Tensor tensor);
  // Owned by this module. The names of a child called "" stand among the module's own.
  template <typename T, typename... Args>
  T* AddModule(std::string name, Args&&... args) {
    auto child = std::make_unique<T>(std::forward<Args>(args)...);
    T* raw = child.get();
    children_.emplace_back(std::move(name), std::move(child));
    return raw;
  }
  template <typename T>
  T* AdoptModule(std::string name, std::unique_ptr<T> child) {
    T* raw = child.get();
    children_.emplace_back(std::move(name), std::move(child));
    return raw;
  }

 private:
  template <typename Visit>
  void VisitModules(const std::string& prefix, const Visit& visit) const;

  bool training_ = true;
  std::vector<NamedTensor> parameters_;
  std::vector<NamedTensor> buffers_;
  std::vector<std::pair<std::string, std::unique_ptr<Module>>> children_;
};

}  // namespace dfkd

#endif  // DFKD_NN_MODULE_H_
