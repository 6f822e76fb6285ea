#include "dfkd/train/patch_positions.h"

#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/augmentations/augmentation_list.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/testing.h"
#include "dfkd/losses/loss_set.h"
#include "dfkd/methods/method.h"
#include "dfkd/report/budget.h"
#include "dfkd/report/recorder.h"
#include "dfkd/train/student_stepper.h"
#include "dfkd/train/synthesis_loss.h"
#include "dfkd/train/teacher.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

constexpr PatchGrid kGrid{4, 8, 8};  // for images of 32 pixels

// Keeps the places that it was last shown.
class FakeTransformer : public Model {
 public:
  explicit FakeTransformer(std::optional<PatchGrid> grid) : grid_(grid) {
    weight_ = AddParameter("weight", at::ones({3, 2}));
  }
  ModelOutput Forward(const at::Tensor& x, Taps& taps) override {
    seen = taps.patch_offsets;
    ModelOutput output;
    output.embedding = x.mean({2, 3});
    output.logits = output.embedding.matmul(weight_);
    return output;
  }
  at::Tensor ClassifierWeight() const override { return weight_.t(); }
  at::Tensor ClassifierBias() const override { return {}; }
  std::optional<PatchGrid> patch_grid() const override { return grid_; }

  at::Tensor seen;

 private:
  const std::optional<PatchGrid> grid_;
  at::Tensor weight_;
};

template <typename T>
T Parse(const std::string& text) {
  T message;
  const absl::Status status = ParseTextproto(text, "test", &message);
  CHECK(status.ok()) << status;
  return message;
}

google::protobuf::Any Sampler(const std::string& fields = "") {
  return Parse<TrainSpec>(
             absl::StrCat("patch_sampler { [type.googleapis.com/dfkd.CentreBiasedConfig] { ",
                          fields, " } }"))
      .patch_sampler();
}

std::unique_ptr<PatchPositions> MakePositions() {
  const FakeTransformer student(kGrid);
  auto positions = PatchPositions::Create(Sampler(), nullptr, student);
  CHECK(positions.ok()) << positions.status();
  return *std::move(positions);
}

TEST(PatchPositionsTest, TheGridIsThatOfWhicheverNetworkHasOne) {
  const FakeTransformer with(kGrid), coarser(PatchGrid{8, 4, 4}), without(std::nullopt);
  EXPECT_OK(PatchPositions::Create(Sampler(), &with, without));
  EXPECT_OK(PatchPositions::Create(Sampler(), &without, with));
  EXPECT_OK(PatchPositions::Create(Sampler(), &with, with));
  EXPECT_THAT(PatchPositions::Create(Sampler(), &without, without),
              StatusMessageIs("train.patch_sampler is set, but neither teacher nor student has "
                              "positions for patches; leave it out, or choose a vision "
                              "transformer"));
  EXPECT_THAT(PatchPositions::Create(Sampler(), &with, coarser),
              StatusMessageIs("train.patch_sampler draws one place for teacher and student, but "
                              "the teacher reads 8x8 patches of 4 pixels, the student 4x4 patches "
                              "of 8 pixels; leave it out, and each sees smaller images in its "
                              "middle"));
}

TEST(PatchPositionsTest, DrawsAPlaceForEachImageThatIsSmallerThanTheGrid) {
  const auto positions = MakePositions();
  RandomStreams streams(0);
  ASSERT_OK_AND_ASSIGN(const at::Tensor places,
                       positions->Draw(at::zeros({50, 3, 16, 24}), streams));
  EXPECT_EQ(places.sizes(), (at::IntArrayRef{50, 2}));
  EXPECT_EQ(places.select(1, 0).max().item<int64_t>(), 4);  // 4 of 8 rows
  EXPECT_EQ(places.select(1, 1).max().item<int64_t>(), 2);  // 6 of 8 columns
  EXPECT_EQ(streams.Get("patch_positions").counter(), 1u);
  ASSERT_OK_AND_ASSIGN(const at::Tensor none, positions->Draw(at::zeros({5, 3, 32, 32}), streams));
  EXPECT_FALSE(none.defined());
  EXPECT_EQ(streams.Get("patch_positions").counter(), 1u);
}

TEST(PatchPositionsTest, RefusesSizesThatDoNotFit) {
  const auto positions = MakePositions();
  EXPECT_OK(positions->Check(32, 32));
  for (int size : {18, 36}) {
    EXPECT_THAT(positions->Check(size, size),
                StatusMessageIs(absl::StrCat("images of ", size, "x", size,
                                             " pixels do not fit a network that reads 8x8 patches "
                                             "of 4 pixels; choose multiples of 4 up to 32x32")));
  }
  const FakeTransformer student(kGrid);
  ASSERT_OK_AND_ASSIGN(const auto paper,
                       PatchPositions::Create(Sampler("law: PAPER_2_12"), nullptr, student));
  EXPECT_OK(paper->Check(32, 32));  // nothing is drawn
  EXPECT_OK(paper->Check(16, 16));  // centres 2 to 6 of 2 to 6
  EXPECT_THAT(paper->Check(20, 20),
              StatusMessageHas("train.patch_sampler: CentreBiasedConfig.law is PAPER_2_12"));
}

// Teacher and student of a fake network each, and what a step of either kind is lent.
class SharedPlacesTest : public testing::Test {
 protected:
  SharedPlacesTest() {
    auto model = std::make_unique<FakeTransformer>(kGrid);
    teacher_model_ = model.get();
    auto teacher = Teacher::Create(
        std::move(model),
        Parse<TeacherCard>("class_name: ['a', 'b'] height: 32 width: 32 channels: 3 "
                           "normalization { mean: [0.5, 0.5, 0.5] std: [1, 1, 1] }"),
        at::kCPU);
    CHECK(teacher.ok()) << teacher.status();
    teacher_ = *std::move(teacher);
  }

  void ExpectBothSawTheSamePlaces() {
    ASSERT_TRUE(teacher_model_->seen.defined());
    EXPECT_EQ(teacher_model_->seen.sizes(), (at::IntArrayRef{6, 2}));
    EXPECT_TRUE(teacher_model_->seen.equal(student_.seen));
  }

  const std::unique_ptr<PatchPositions> positions_ = MakePositions();
  RandomStreams streams_{0};
  RoundMeans means_;
  Budget budget_;
  FakeTransformer student_{kGrid};
  FakeTransformer* teacher_model_;
  std::unique_ptr<Teacher> teacher_;
};

TEST_F(SharedPlacesTest, AStudentsStepShowsBothNetworksAnImageInOnePlace) {
  const auto spec = Parse<StudentSpec>(
      "optimizer { [type.googleapis.com/dfkd.SgdConfig] { learning_rate: 0.1 } } "
      "losses { config { [type.googleapis.com/dfkd.DistillKlConfig] {} } }");
  StudentStepperContext context;
  context.student = &student_;
  context.teacher = teacher_.get();
  context.normalizer = &teacher_->normalizer();
  context.streams = &streams_;
  context.means = &means_;
  context.budget = &budget_;
  context.card = &teacher_->card();
  context.epochs = 1;
  context.patch_positions = positions_.get();
  ASSERT_OK_AND_ASSIGN(const auto stepper, StudentStepper::Create(spec, context));
  ASSERT_OK(stepper->Step(at::ones({6, 3, 16, 16}, at::kByte), {}));
  ExpectBothSawTheSamePlaces();
  ASSERT_OK(stepper->Step(at::ones({6, 3, 32, 32}, at::kByte), {}));
  EXPECT_FALSE(student_.seen.defined());
}

TEST_F(SharedPlacesTest, SynthesisShowsBothNetworksAnImageInOnePlace) {
  MethodServices services;
  services.teacher = teacher_.get();
  services.student = &student_;
  services.streams = &streams_;
  services.means = &means_;
  services.budget = &budget_;
  services.patch_positions = positions_.get();
  const auto spec =
      Parse<StudentSpec>("losses { config { [type.googleapis.com/dfkd.AdversarialKlConfig] {} } }");
  LossContext context;
  context.num_classes = 2;
  ASSERT_OK_AND_ASSIGN(const auto losses, LossSet::Create(spec.losses(), context, "method.losses"));
  ASSERT_OK_AND_ASSIGN(const auto augmentations,
                       AugmentationList::Create(spec.augmentations(), "method.augmentations"));
  student_.RequireGrad(false);
  ASSERT_OK(SynthesisLoss(services, *augmentations, *losses, at::ones({6, 3, 16, 16}), {}));
  ExpectBothSawTheSamePlaces();
}

}  // namespace
}  // namespace dfkd
