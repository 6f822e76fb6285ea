#include "dfkd/experiments/testing/stranger_weights.h"

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/models/model_factory.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/weights/file_forge.h"
#include "dfkd/weights/weights.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

std::vector<int32_t> Narrow(at::IntArrayRef numbers) { return {numbers.begin(), numbers.end()}; }

struct StateDict {
  std::string program;
  std::vector<ForgedEntry> storages;
};

StateDict Pickled(const std::vector<NamedTensor>& state) {
  StateDict dict;
  std::vector<std::pair<std::string, std::string>> items;
  for (const NamedTensor& named : state) {
    if (absl::EndsWith(named.name, "num_batches_tracked")) continue;
    const at::Tensor tensor = named.tensor.detach().contiguous();
    const std::string key = absl::StrCat(dict.storages.size());
    items.emplace_back(named.name,
                       PickleTensor(PickleStorage(key, static_cast<int32_t>(tensor.numel())), 0,
                                    Narrow(tensor.sizes()), Narrow(tensor.strides())));
    dict.storages.push_back(
        {key, std::string(static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes())});
  }
  dict.program = PickleDict(items);
  return dict;
}

}  // namespace

std::vector<NamedTensor> DeterministicState(const std::string& preset, int64_t num_classes,
                                            int64_t channels) {
  RandomStream init(0, "init");
  ModelSpec spec;
  spec.set_preset(preset);
  ModelContext context;
  context.num_classes = num_classes;
  context.channels = channels;
  context.init = &init;
  const auto model = CreateModel(spec, context, "model");
  CHECK(model.ok()) << model.status();
  FillDeterministically(**model);
  std::vector<NamedTensor> state = (*model)->NamedState();
  for (NamedTensor& named : state) named.tensor = named.tensor.detach();
  return state;
}

std::string WriteText(const std::string& name, const std::string& text) {
  CHECK(WriteFileAtomically(FileSystem::Posix(), InTempDir(name), text).ok());
  return name;
}

std::string WriteAsSafetensors(const std::string& name, const std::vector<NamedTensor>& state,
                               const std::map<std::string, std::string>& metadata) {
  CHECK(WriteSafetensors(FileSystem::Posix(), InTempDir(name), state, metadata).ok());
  return name;
}

std::string WriteAsZip(const std::string& name, const std::vector<NamedTensor>& state) {
  const StateDict dict = Pickled(state);
  return WriteText(name, ForgePyTorchZip(dict.program, dict.storages));
}

std::string WriteAsLegacy(const std::string& name, const std::vector<NamedTensor>& state) {
  const StateDict dict = Pickled(state);
  return WriteText(name, ForgePyTorchLegacy(dict.program, dict.storages));
}

std::string InTempDir(const std::string& name) { return JoinPath(::testing::TempDir(), name); }

}  // namespace dfkd
