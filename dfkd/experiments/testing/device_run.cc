#include "dfkd/experiments/testing/device_run.h"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/resolve.h"
#include "dfkd/core/status.h"
#include "dfkd/core/testing.h"
#include "dfkd/experiments/testing/tiny_run.h"
#include "dfkd/train/stage.h"
#include "dfkd/train/teacher_source.h"
#include "dfkd/weights/weights.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

Experiment Resolved(const std::string& text) {
  Experiment experiment;
  CHECK(ParseTextproto(text, "tiny", &experiment).ok());
  auto resolved = ResolveExperiment(std::move(experiment), "tiny");
  CHECK(resolved.ok()) << resolved.status();
  return resolved->spec;
}

absl::StatusOr<StageResult> TrainOn(at::Device device, const Experiment& spec,
                                    const std::string& dir) {
  const ModelSpec& model = spec.teacher().model();
  DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<Teacher> teacher,
                        LoadTeacher(spec, {model, model.weights()}, device));
  StageOptions options;
  options.name = "student";
  options.dir = dir;
  options.spec = spec;
  options.teacher = teacher.get();
  options.device = device;
  options.files = FileSystem::Posix();
  return RunStage(options);
}

void ExpectNear(const std::string& path, const std::string& expected_path) {
  ASSERT_OK_AND_ASSIGN(const WeightFile file, ReadWeights(path));
  ASSERT_OK_AND_ASSIGN(const WeightFile expected, ReadWeights(expected_path));
  ASSERT_EQ(file.tensors.size(), expected.tensors.size());
  for (size_t i = 0; i < expected.tensors.size(); ++i) {
    const NamedTensor& one = expected.tensors[i];
    const NamedTensor& other = file.tensors[i];
    ASSERT_EQ(one.name, other.name);
    const at::Tensor a = one.tensor.to(at::kDouble), b = other.tensor.to(at::kDouble);
    // Six student steps at a learning rate of 0.1 on weights of about 0.1.
    EXPECT_LE(a.sub(b).abs().max().item<double>(), 2e-3) << one.name;
  }
}

}  // namespace

void ExpectRunsAsOnTheCpu(at::Device device, std::string (*tiny)(const std::string& weights),
                          const std::string& dir) {
  at::set_num_threads(1);
  const Experiment spec = Resolved(tiny(WriteTinyTeacher(dir, {})));
  ASSERT_OK_AND_ASSIGN(const StageResult there, TrainOn(device, spec, JoinPath(dir, "there")));
  ASSERT_OK_AND_ASSIGN(const StageResult here, TrainOn(at::kCPU, spec, JoinPath(dir, "here")));
  ExpectNear(there.weights, here.weights);
  ASSERT_EQ(there.summary.last.has_value(), here.summary.last.has_value());
  if (here.summary.last.has_value()) {
    EXPECT_NEAR(*there.summary.last, *here.summary.last, 1e-6);
  }

  ASSERT_OK_AND_ASSIGN(const std::string before, ReadFile(there.weights));
  ASSERT_OK_AND_ASSIGN(const StageResult again, TrainOn(device, spec, JoinPath(dir, "there")));
  ASSERT_OK_AND_ASSIGN(const std::string after, ReadFile(again.weights));
  EXPECT_EQ(before, after);
}

}  // namespace dfkd
