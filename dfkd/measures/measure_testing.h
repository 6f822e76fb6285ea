// What the tests of measures share: a run whose images and network are so plain that every number
// can be counted out.
#ifndef DFKD_MEASURES_MEASURE_TESTING_H_
#define DFKD_MEASURES_MEASURE_TESTING_H_

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dfkd/data/dataset.h"
#include "dfkd/measures/measure.h"
#include "dfkd/methods/method.h"
#include "dfkd/methods/watchable.h"
#include "dfkd/pool/pool_set.h"
#include "dfkd/train/teacher.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/message.h"

namespace dfkd {

// Images [N, 1, 2, 2] of two classes, "cat" and "dog", in [0, 1]. The network sees the values
// themselves: its embedding are an image's four values, its feature map [N, 2, 1, 2] their two
// rows, its logits twice the upper left and twice the upper right value.
class FakeRun : public Method {
 public:
  FakeRun();

  // What the method makes; image i shows class i mod K.
  at::Tensor images;
  // Values are truncated to n / 255.
  void FillPool(const at::Tensor& pool_images) { FillPools({pool_images}); }
  // A pool for each, whose sizes differ, and which of them measures look at; 0 if it is not said.
  void FillPools(const std::vector<at::Tensor>& images_by_pool);
  void LookAtPool(size_t pool) { context_.pool = pool; }
  // Whose images the network has no logit for.
  void AddClass(const std::string& name) { card_.add_class_name(name); }
  void SetData(const at::Tensor& real_images, const at::Tensor& labels);

  const MeasureContext& context() const { return context_; }

  int64_t rounds() const override { return 1; }
  int64_t StepsIn(int64_t) const override { return 1; }
  absl::Status Round(int64_t) override { return absl::OkStatus(); }
  absl::StatusOr<at::Tensor> SampleClasses(const at::Tensor& labels, RandomStream&) override;

 private:
  TeacherCard card_;
  std::unique_ptr<Teacher> teacher_;
  std::unique_ptr<PoolSet> pools_;
  std::unique_ptr<Dataset> data_;
  MeasureContext context_;
};

// The same with a generator that measures may watch.
class WatchableFakeRun : public FakeRun, public Watchable {
 public:
  std::vector<InputPart> parts;
  at::Tensor rows;
  // What it shows, a step each.
  std::vector<at::Tensor> steps;

  std::vector<InputPart> InputParts(size_t) const override { return parts; }
  at::Tensor ClassRows() const override { return rows; }
  absl::Status WatchSynthesis(size_t pool, bool new_generator, const Watcher& watch) override;
};

// [N, 1, 2, 2] from four values an image.
at::Tensor Pixels(const std::vector<float>& values);

// Of a measure with this config, from a stream of seed 0.
absl::StatusOr<Measurement> TakeMeasure(const google::protobuf::Message& config,
                                        const FakeRun& run);

// Ends the test program where there is none of that name.
double ValueOf(const Measurement& measurement, const std::string& name);

}  // namespace dfkd

#endif  // DFKD_MEASURES_MEASURE_TESTING_H_
