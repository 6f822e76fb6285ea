#include "dfkd/nn/module.h"

#include <c10/core/MemoryFormat.h>
#include <c10/core/ScalarType.h>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"

namespace dfkd {

// Pre-order: a module before its children, children in order of registration.
template <typename Visit>
void Module::VisitModules(const std::string& prefix, const Visit& visit) const {
  visit(prefix, *this);
  for (const auto& [name, child] : children_) {
    child->VisitModules(absl::StrCat(prefix, name, name.empty() ? "" : "."), visit);
  }
}

std::vector<NamedTensor> Module::NamedParameters() const {
  std::vector<NamedTensor> all;
  VisitModules("", [&all](const std::string& prefix, const Module& module) {
    for (const NamedTensor& p : module.parameters_) {
      all.push_back({absl::StrCat(prefix, p.name), p.tensor});
    }
  });
  return all;
}

std::vector<NamedTensor> Module::NamedBuffers() const {
  std::vector<NamedTensor> all;
  VisitModules("", [&all](const std::string& prefix, const Module& module) {
    for (const NamedTensor& b : module.buffers_) {
      all.push_back({absl::StrCat(prefix, b.name), b.tensor});
    }
  });
  return all;
}

std::vector<NamedTensor> Module::NamedState() const {
  std::vector<NamedTensor> all = NamedParameters();
  for (NamedTensor& buffer : NamedBuffers()) all.push_back(std::move(buffer));
  return all;
}

std::vector<at::Tensor> Module::Parameters() const {
  std::vector<at::Tensor> all;
  VisitModules("", [&all](const std::string&, const Module& module) {
    for (const NamedTensor& p : module.parameters_) all.push_back(p.tensor);
  });
  return all;
}

void Module::Train(bool on) {
  training_ = on;
  for (auto& [name, child] : children_) child->Train(on);
}

void Module::RequireGrad(bool on) {
  for (at::Tensor& parameter : Parameters()) parameter.set_requires_grad(on);
}

void Module::To(at::Device device) {
  for (NamedTensor& state : NamedState()) {
    // A counter stays where it is: only the host reads it.
    if (!state.tensor.is_floating_point() || state.tensor.device() == device) continue;
    state.tensor.set_data(state.tensor.detach().to(device));
  }
}

void Module::ToChannelsLast() {
  for (at::Tensor& parameter : Parameters()) {
    if (parameter.dim() != 4) continue;
    parameter.set_data(parameter.detach().contiguous(at::MemoryFormat::ChannelsLast));
  }
}

at::Tensor Module::AddParameter(std::string name, at::Tensor tensor) {
  CHECK(tensor.defined() && tensor.is_leaf()) << "parameter " << name;
  tensor.set_requires_grad(true);
  parameters_.push_back({std::move(name), tensor});
  return tensor;
}

at::Tensor Module::AddBuffer(std::string name, at::Tensor tensor) {
  CHECK(tensor.defined() && !tensor.requires_grad()) << "buffer " << name;
  buffers_.push_back({std::move(name), tensor});
  return tensor;
}

}  // namespace dfkd
