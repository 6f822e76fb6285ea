#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/testing.h"
#include "dfkd/losses/embedding_diversity.pb.h"
#include "dfkd/losses/loss_testing.h"
#include "dfkd/weights/weights.h"

namespace dfkd {
namespace {

using Config = EmbeddingDiversityConfig;

// Two classes; embeddings of two numbers.
LossContext Context(RandomStreams* streams, int64_t teacher = 2, int64_t student = 2) {
  LossContext context;
  context.num_classes = 2;
  context.class_names = {"one", "two"};
  context.teacher_features = teacher;
  context.student_features = student;
  context.streams = streams;
  return context;
}

absl::StatusOr<std::unique_ptr<Loss>> Create(const Config& config, const LossContext& context) {
  google::protobuf::Any any;
  any.PackFrom(config);
  return Registry<Loss>::Get().Create(any, context, "losses[0]");
}

std::unique_ptr<Loss> Make(const Config& config) {
  RandomStreams streams(0);
  auto loss = Create(config, Context(&streams));
  EXPECT_THAT(loss, IsOk());
  return *std::move(loss);
}

Config Side(Config::Side side) {
  Config config;
  config.set_side(side);
  return config;
}

Config WithOneHotRows(Config config) {
  EXPECT_OK(ParseTextproto("config { [type.googleapis.com/dfkd.OneHotConfig] {} }", "rows",
                           config.mutable_rows()));
  return config;
}

at::Tensor Rows(const std::vector<float>& values) {
  return at::tensor(values, at::kFloat).view({-1, 2});
}

// f_1 = (1, -0.4), f_2 = (1, -0.6): like CLIP's, near each other, and below 0 in half of their
// entries. Their mean squared difference is 0.2^2 / 2 = 0.02.
Config WithSignedRows(Config config) {
  const std::string path = JoinPath(::testing::TempDir(), "signed_rows.safetensors");
  EXPECT_OK(WriteSafetensors(FileSystem::Posix(), path,
                             {{"embeddings", Rows({1, -0.4f, 1, -0.6f})}},
                             {{"labels", R"(["one", "two"])"}}));
  EXPECT_OK(ParseTextproto(
      absl::StrCat("config { [type.googleapis.com/dfkd.TableConfig] { file: \"", path, "\" } }"),
      "rows", config.mutable_rows()));
  return config;
}

struct Batch {
  Batch(const std::vector<float>& of_teacher, const std::vector<float>& of_student,
        const std::vector<int64_t>& of_labels)
      : labels(at::tensor(of_labels, at::kLong)) {
    teacher.embedding = Rows(of_teacher).requires_grad_();
    student.embedding = Rows(of_student).requires_grad_();
  }
  LossInput Input() const {
    LossInput input;
    input.teacher = &teacher;
    input.student = &student;
    input.labels = labels;
    return input;
  }
  ModelOutput teacher, student;
  at::Tensor labels;
};

double NoteOf(const Loss& loss) { return loss.Notes().at(0).value.item<double>(); }

// One-hot rows: f_1 = (1, 0), f_2 = (0, 1), whose mean squared difference is 1.
TEST(EmbeddingDiversityTest, InsideDrawsTheStudentIntoTheBall) {
  // Distances (0.25 + 0.25) / 2 = 0.25 and 0; radius half of 1: nothing outside of it.
  const Batch near({0, 0, 0, 0}, {0.5f, 0.5f, 0, 1}, {0, 1});
  const auto loss = Make(WithOneHotRows(Side(Config::INSIDE)));
  EXPECT_NEAR(loss->Compute(near.Input()).item<double>(), 0, 1e-6);
  EXPECT_EQ(NoteOf(*loss), 0);
  // Distances (1 + 4) / 2 = 2.5 and 0.125: 2 over two images. d/df = 2 (f - f_y) / 2 / 2.
  const Batch far({0, 0, 0, 0}, {2, 2, 0.5f, 1}, {0, 1});
  const at::Tensor value = loss->Compute(far.Input());
  EXPECT_NEAR(value.item<double>(), 1, 1e-6);
  EXPECT_EQ(NoteOf(*loss), 0.5);
  value.backward();
  EXPECT_LT(MaxDifference(far.student.embedding.grad(), Rows({0.5f, 1, 0, 0})), 1e-6);
  EXPECT_FALSE(far.teacher.embedding.grad().defined());
}

TEST(EmbeddingDiversityTest, OutsideDrivesTheImagesOutOfTheBall) {
  // Radius 1. Distances 0.25 / 2 = 0.125 and 2.5: 0.875 over two images.
  const Batch batch({1, 0.5f, 2, 2}, {0, 0, 0, 0}, {0, 1});
  const auto loss = Make(WithOneHotRows(Side(Config::OUTSIDE)));
  const at::Tensor value = loss->Compute(batch.Input());
  EXPECT_NEAR(value.item<double>(), 0.875 / 2, 1e-6);
  EXPECT_EQ(NoteOf(*loss), 0.5);
  value.backward();
  EXPECT_LT(MaxDifference(batch.teacher.embedding.grad(), Rows({0, -0.25f, 0, 0})), 1e-6);
  // MUSE's Eq. 12: of the student's embeddings.
  Config of_student = WithOneHotRows(Side(Config::OUTSIDE));
  of_student.set_of(Config::STUDENT);
  of_student.set_radius(0.25);
  const Batch other({9, 9, 9, 9}, {1, 0.5f, 2, 2}, {0, 1});
  EXPECT_NEAR(Make(of_student)->Compute(other.Input()).item<double>(), 0.125 / 2, 1e-6);
}

TEST(EmbeddingDiversityTest, CentersAreMeansUntilEachClassWasSeen) {
  // INSIDE, centres are taken from the images shown: class 0 at (1, 1) after one batch and, with
  // the second, at (2, 2); class 1 at (4, 2). Least distance (4 + 0) / 2 = 2, radius 1.
  const auto loss = Make(Side(Config::INSIDE));
  EXPECT_NEAR(loss->Compute(Batch({0, 0, 2, 2}, {1, 1, 5, 5}, {0, 0}).Input()).item<double>(), 8,
              1e-6);  // distances 0 and 16, no radius yet
  const Batch second({4, 4, 4, 2}, {2, 5, 4, 2}, {0, 1});
  EXPECT_NEAR(loss->Compute(second.Input()).item<double>(), (4.5 - 1) / 2, 1e-6);
  // Settled: what comes later moves nothing.
  EXPECT_NEAR(loss->Compute(Batch({90, 90, 4, 2}, {2, 5, 4, 2}, {0, 1}).Input()).item<double>(),
              (4.5 - 1) / 2, 1e-6);
}

TEST(EmbeddingDiversityTest, OutsideCentersComeFromTheLastStepOfABatch) {
  const auto loss = Make(Side(Config::OUTSIDE));
  const Batch early({9, 9, 5, 5}, {0, 0, 0, 0}, {0, 1});
  const Batch last({1, 1, 3, 1}, {0, 0, 0, 0}, {0, 1});
  EXPECT_EQ(loss->Compute(early.Input()).item<double>(), 0);
  EXPECT_EQ(loss->Compute(last.Input()).item<double>(), 0);
  loss->EndBatch();
  // Centres (1, 1) and (3, 1): radius 4 / 2 = 2; distances 0 and 0.5.
  const Batch next({1, 1, 4, 1}, {0, 0, 0, 0}, {0, 1});
  EXPECT_NEAR(loss->Compute(next.Input()).item<double>(), (2 + 1.5) / 2, 1e-6);
}

TEST(EmbeddingDiversityTest, AClassThatNoBatchShowedCountsAsNothing) {
  Config config = Side(Config::INSIDE);
  config.set_centers(Config::FIRST_BATCH);
  const auto loss = Make(config);
  loss->Compute(Batch({1, 1}, {1, 1}, {0}).Input());
  // Class 1 has no centre; class 0 is at (1, 1).
  EXPECT_NEAR(loss->Compute(Batch({7, 7, 7, 7}, {3, 1, 50, 50}, {0, 1}).Input()).item<double>(),
              (4.0 / 2) / 2, 1e-6);
}

TEST(EmbeddingDiversityTest, AHeadLearnsWhereSizesDiffer) {
  RandomStreams streams(0);
  ASSERT_OK_AND_ASSIGN(const auto loss, Create(Side(Config::INSIDE),
                                               Context(&streams, /*teacher=*/2, /*student=*/3)));
  ASSERT_EQ(loss->Parameters().size(), 2u);
  Batch batch({1, 0, 0, 1}, {0, 0}, {0, 1});
  batch.student.embedding = at::tensor({1., 2., 3., 4., 5., 6.}, at::kFloat).view({2, 3});
  loss->Compute(batch.Input()).backward();
  for (const at::Tensor& parameter : loss->Parameters()) {
    EXPECT_GT(parameter.grad().abs().max().item<double>(), 0);
  }
  // It survives a checkpoint, with the centres.
  State state;
  loss->Save(StateWriter(&state));
  RandomStreams others(1);
  ASSERT_OK_AND_ASSIGN(const auto resumed, Create(Side(Config::INSIDE), Context(&others, 2, 3)));
  ASSERT_OK(resumed->Load(StateReader(&state)));
  EXPECT_EQ(resumed->Compute(batch.Input()).item<double>(),
            loss->Compute(batch.Input()).item<double>());
}

TEST(EmbeddingDiversityTest, AHeadLearnsWhereRowsLieBelowZero) {
  EXPECT_EQ(Make(WithSignedRows(Side(Config::INSIDE)))->Parameters().size(), 2u);
  EXPECT_TRUE(Make(WithOneHotRows(Side(Config::INSIDE)))->Parameters().empty());
  Config config = WithSignedRows(Side(Config::INSIDE));
  config.set_head(Config::NEVER);
  EXPECT_TRUE(Make(config)->Parameters().empty());
}

// What the paper's f_y, raw text rows, leave to do (docs/differences.md, M5).
TEST(EmbeddingDiversityTest, AroundRawRowsAedIsIdleAndEdIsNeverMet) {
  // (1, 0) is as near as features behind a ReLU come to either row: 0.16 / 2 = 0.08 and
  // 0.36 / 2 = 0.18, beyond both measured radii, 0.02 outside and 0.01 inside.
  const Batch nearest({1, 0, 1, 0}, {1, 0, 1, 0}, {0, 1});
  const auto outside = Make(WithSignedRows(Side(Config::OUTSIDE)));
  EXPECT_EQ(outside->Compute(nearest.Input()).item<double>(), 0);
  EXPECT_EQ(NoteOf(*outside), 0);
  Config without_head = WithSignedRows(Side(Config::INSIDE));
  without_head.set_head(Config::NEVER);
  const auto inside = Make(without_head);
  EXPECT_NEAR(inside->Compute(nearest.Input()).item<double>(), (0.07 + 0.17) / 2, 1e-6);
  EXPECT_EQ(NoteOf(*inside), 1);
}

TEST(EmbeddingDiversityTest, SizesThatNoHeadBridgesAreRefused) {
  RandomStreams streams(0);
  EXPECT_THAT(Create(WithOneHotRows(Side(Config::OUTSIDE)), Context(&streams, 512, 2)),
              StatusMessageHas("the teacher's embeddings have 512 numbers, those of the classes 2; "
                               "leave out rows (class centres)"));
  Config config = Side(Config::INSIDE);
  config.set_head(Config::NEVER);
  EXPECT_THAT(Create(config, Context(&streams, 512, 64)), StatusMessageHas("or let head learn"));
  config = Side(Config::OUTSIDE);
  config.set_head(Config::ALWAYS);
  EXPECT_THAT(Create(config, Context(&streams)), StatusMessageHas("only INSIDE has one"));
}

}  // namespace
}  // namespace dfkd
