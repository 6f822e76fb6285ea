#include "dfkd/measures/measure_testing.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "dfkd/core/files.h"
#include "dfkd/core/registry.h"
#include "dfkd/models/model.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

class FakeNetwork : public Model {
 public:
  ModelOutput Forward(const at::Tensor& x, Taps&) override {
    ModelOutput output;
    output.embedding = x.flatten(1);
    output.feature_map = x.squeeze(1).unsqueeze(2);
    output.logits = output.embedding.narrow(1, 0, 2).mul(2);
    return output;
  }
  at::Tensor ClassifierWeight() const override {
    return at::tensor({1.0f, 2.0f, -1.0f, 0.0f}).view({2, 2});
  }
  at::Tensor ClassifierBias() const override { return at::zeros({2}); }
};

class FakeData : public Dataset {
 public:
  FakeData(const TeacherCard& card, const at::Tensor& images, const at::Tensor& labels)
      : card_(card), test_(images, labels) {}
  const TeacherCard& card() const override { return card_; }
  const Split* split(SplitName name) const override {
    return name == SplitName::kTest ? &test_ : nullptr;
  }

 private:
  const TeacherCard card_;
  const MemorySplit test_;
};

}  // namespace

FakeRun::FakeRun() {
  card_.add_class_name("cat");
  card_.add_class_name("dog");
  card_.mutable_normalization()->add_mean(0);
  card_.mutable_normalization()->add_std(1);
  card_.set_height(2);
  card_.set_width(2);
  card_.set_channels(1);
  auto teacher = Teacher::Create(std::make_unique<FakeNetwork>(), card_, at::kCPU);
  CHECK(teacher.ok()) << teacher.status();
  teacher_ = *std::move(teacher);
  context_.card = &card_;
  context_.teacher = teacher_.get();
  context_.method = this;
  context_.batch_size = 3;
}

void FakeRun::FillPools(const std::vector<at::Tensor>& images_by_pool) {
  const std::string dir = JoinPath(::testing::TempDir(),
                                   ::testing::UnitTest::GetInstance()->current_test_info()->name());
  std::filesystem::remove_all(dir);
  std::vector<PoolOptions> options;
  for (const at::Tensor& pool_images : images_by_pool) {
    PoolOptions& pool = options.emplace_back();
    pool.channels = 1;
    pool.height = pool_images.size(2);
    pool.width = pool_images.size(3);
  }
  auto pools = PoolSet::Open(dir, options, at::kCPU, FileSystem::Posix());
  CHECK(pools.ok()) << pools.status();
  pools_ = *std::move(pools);
  for (size_t i = 0; i < images_by_pool.size(); ++i) {
    const absl::Status appended = pools_->pool(i).Append(
        images_by_pool[i], at::arange(images_by_pool[i].size(0), at::kLong).remainder(2), 0);
    CHECK(appended.ok()) << appended;
  }
  context_.pools = pools_.get();
}

void FakeRun::SetData(const at::Tensor& real_images, const at::Tensor& labels) {
  data_ = std::make_unique<FakeData>(card_, real_images, labels);
  context_.data = data_.get();
}

absl::StatusOr<at::Tensor> FakeRun::SampleClasses(const at::Tensor& labels, RandomStream&) {
  if (!images.defined()) return at::Tensor();
  // The labels come class after class: of each, its own images in turn.
  std::vector<int64_t> next(static_cast<size_t>(card_.class_name_size())), index;
  for (size_t label = 0; label < next.size(); ++label) next[label] = static_cast<int64_t>(label);
  for (int64_t i = 0; i < labels.size(0); ++i) {
    int64_t& turn = next[labels[i].item<int64_t>()];
    index.push_back(turn % images.size(0));
    turn += card_.class_name_size();
  }
  return images.index_select(0, at::tensor(index, at::kLong));
}

absl::Status WatchableFakeRun::WatchSynthesis(size_t, bool, const Watcher& watch) {
  for (const at::Tensor& step : steps) {
    const absl::Status status = watch(step, at::arange(step.size(0), at::kLong).remainder(2));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

at::Tensor Pixels(const std::vector<float>& values) {
  return at::tensor(values).view({-1, 1, 2, 2});
}

absl::StatusOr<Measurement> TakeMeasure(const google::protobuf::Message& config,
                                        const FakeRun& run) {
  google::protobuf::Any any;
  any.PackFrom(config);
  auto measure = Registry<Measure>::Get().Create(any, run.context(), "measures[0]");
  if (!measure.ok()) return measure.status();
  RandomStream random(0, "measure");
  return (*measure)->Take(random);
}

double ValueOf(const Measurement& measurement, const std::string& name) {
  const auto found =
      std::find_if(measurement.values.begin(), measurement.values.end(),
                   [&name](const MeasuredValue& value) { return value.name == name; });
  CHECK(found != measurement.values.end()) << "no value " << name;
  return found->value;
}

}  // namespace dfkd
