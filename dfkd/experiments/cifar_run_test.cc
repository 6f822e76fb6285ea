// The headline experiments themselves, a few steps long, on small files in CIFAR's format.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/resolve.h"
#include "dfkd/core/status.h"
#include "dfkd/core/testing.h"
#include "dfkd/data/cifar_forge.h"
#include "dfkd/train/run.h"

namespace dfkd {
namespace {

absl::StatusOr<RunSummary> RunShipped(const std::string& name, const std::string& root,
                                      std::vector<std::string> sets) {
  sets.push_back(absl::StrCat("data.source.folder=", root, "/data"));
  sets.push_back("train.epochs=1");
  sets.push_back("train.threads=1");
  DFKD_ASSIGN_OR_RETURN(ResolvedSpec spec, ResolveSpec(name, sets));
  RunOptions options;
  options.spec = std::move(spec);
  options.output_dir = absl::StrCat(root, "/", name);
  options.command = "test";
  options.files = FileSystem::Posix();
  return RunExperiment(options);
}

TEST(CifarRunTest, TeacherThenNayer) {
  const std::string root = absl::StrCat(::testing::TempDir(), "/cifar");
  ASSERT_OK(ForgeCifar(absl::StrCat(root, "/data"), 100, 100, 0));

  // Without its teacher the experiment says what to run first.
  const std::vector<std::string> few_steps = {
      "method.warmup_epochs=1",     "method.warmup_batches_per_epoch=1",
      "method.batches_per_epoch=1", "method.generator_steps=1",
      "method.batch_size=100",      "student.steps_per_epoch=1",
      "student.batch_size=16"};
  const absl::Status missing = RunShipped("cifar100_nayer", root, few_steps).status();
  EXPECT_EQ(ExitCodeOf(missing), kExitBadInput);
  EXPECT_THAT(missing, StatusMessageHas("holds no finished run of it; run it first"));

  ASSERT_OK_AND_ASSIGN(const RunSummary teacher,
                       RunShipped("cifar100_teacher", root, {"student.steps_per_epoch=2"}));
  EXPECT_EQ(teacher.stages.back().evaluated_images, 100);
  ASSERT_OK_AND_ASSIGN(const RunSummary student, RunShipped("cifar100_nayer", root, few_steps));
  // The measured teacher, then the student of two batches of 100 images of 32 x 32.
  ASSERT_EQ(student.stages.size(), 2);
  EXPECT_EQ(student.stages[0].role, StageRole::kTeacher);
  EXPECT_EQ(student.stages[0].last, teacher.stages.back().last);
  EXPECT_EQ(student.stages[1].budget.pixels, 2 * 100 * 32 * 32);
}

}  // namespace
}  // namespace dfkd
