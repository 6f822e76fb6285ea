#include "dfkd/report/recorder.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dfkd/core/fault_injection.h"
#include "dfkd/core/testing.h"
#include "dfkd/report/png.h"
#include "dfkd/report/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

std::unique_ptr<Recorder> Open(const std::string& dir) {
  return Recorder::Open(dir, FileSystem::Posix()).value();
}

std::string Content(const std::string& dir, const std::string& name) {
  return ReadFile(JoinPath(dir, name)).value();
}

// What epoch `epoch` of a run writes: a test every third epoch, a picture every second.
absl::Status WriteEpoch(Recorder* recorder, int64_t epoch) {
  MetricsRow row = {{"loss_kl", 1.0 / static_cast<double>(epoch)},
                    {"images", 200.0 * static_cast<double>(epoch)},
                    {"seconds_total", 0.5 * static_cast<double>(epoch)}};
  if (epoch % 3 == 0) row["test_top1"] = 90 + 0.1 * static_cast<double>(epoch);
  absl::Status status = recorder->WriteRow(epoch, row);
  if (!status.ok() || epoch % 2 != 0) return status;
  const at::Tensor images = at::full({4, 1, 2, 2}, static_cast<double>(epoch) / 10,
                                     at::TensorOptions().dtype(at::kFloat));
  return recorder->WriteSamples(epoch, absl::StrCat("epoch-", epoch), images,
                                at::arange(4, at::kLong));
}

TEST(Recorder, WritesEpochFirstThenNamesThenSeconds) {
  const std::string dir = FreshFolder();
  std::unique_ptr<Recorder> recorder = Open(dir);
  ASSERT_OK(recorder->WriteRow(1, {{"test_top1", 97.4}, {"seconds_total", 2}, {"loss", 0.1}}));
  ASSERT_OK(recorder->WriteRow(2, {{"loss", 1.0 / 3}, {"seconds_total", 4.25}}));
  EXPECT_EQ(Content(dir, "metrics.csv"),
            "epoch,loss,test_top1,seconds_total\r\n"
            "1,0.1,97.4,2\r\n"
            "2,0.3333333333333333,,4.25\r\n");
}

TEST(Recorder, ANameThatComesLaterAddsAColumn) {
  const std::string dir = FreshFolder();
  std::unique_ptr<Recorder> recorder = Open(dir);
  ASSERT_OK(recorder->WriteRow(1, {{"loss", 1}}));
  ASSERT_OK(recorder->WriteRow(2, {{"agreement", 50}, {"loss", 2}}));
  ASSERT_OK(recorder->WriteRow(3, {{"loss", 3}}));
  EXPECT_EQ(Content(dir, "metrics.csv"), "epoch,agreement,loss\r\n1,,1\r\n2,50,2\r\n3,,3\r\n");
}

TEST(Recorder, SamplesCarryTheirEpochAndTheirRowsTitles) {
  const std::string dir = FreshFolder();
  std::unique_ptr<Recorder> recorder = Open(dir);
  recorder->SetClassNames({"zero", "o\"ne"});
  const at::Tensor images = at::full({3, 1, 8, 8}, 0.5, at::TensorOptions().dtype(at::kFloat));
  const at::Tensor labels = at::tensor({2, 0, 1}, at::kLong);
  ASSERT_OK(recorder->WriteSamples(12, "pool", images, labels));
  ASSERT_OK_AND_ASSIGN(const PngInfo info, ReadPngInfo(Content(dir, "samples/pool.png")));
  EXPECT_EQ(info.texts, (PngTexts{{"dfkd.epoch", "12"}, {"dfkd.rows", R"(["zero","o\"ne","2"])"}}));
  EXPECT_EQ(info.width, 48 + 2 * 2);
  EXPECT_EQ(info.height, 3 * (48 + 2) + 2);
}

TEST(Recorder, SamplesWithoutLabelsHaveNoRowTitles) {
  const std::string dir = FreshFolder();
  std::unique_ptr<Recorder> recorder = Open(dir);
  ASSERT_OK(recorder->WriteSamples(
      1, "noise", at::full({2, 3, 8, 8}, 7, at::TensorOptions().dtype(at::kByte)), at::Tensor()));
  ASSERT_OK_AND_ASSIGN(const PngInfo info, ReadPngInfo(Content(dir, "samples/noise.png")));
  EXPECT_EQ(info.texts, (PngTexts{{"dfkd.epoch", "1"}}));
}

TEST(Recorder, WithoutRestoreAnOldRunsFilesAreStartedAnew) {
  const std::string dir = FreshFolder();
  ASSERT_OK(WriteEpoch(Open(dir).get(), 2));
  const std::string events = Content(dir, Recorder::kEventsFile);
  const std::string metrics = Content(dir, Recorder::kMetricsFile);
  ASSERT_OK(WriteEpoch(Open(dir).get(), 2));
  EXPECT_EQ(Content(dir, Recorder::kEventsFile), events);
  EXPECT_EQ(Content(dir, Recorder::kMetricsFile), metrics);
}

// Checkpoints after `saved` epochs, goes on to `killed`, and is then continued by another process.
TEST(Recorder, ARestoredRunWritesTheSameBytesAsAnUninterruptedOne) {
  constexpr int64_t kEpochs = 7;
  const std::string whole = JoinPath(FreshFolder(), "whole");
  std::unique_ptr<Recorder> uninterrupted = Open(whole);
  for (int64_t epoch = 1; epoch <= kEpochs; ++epoch) {
    ASSERT_OK(WriteEpoch(uninterrupted.get(), epoch));
  }
  for (int64_t saved = 0; saved <= kEpochs; ++saved) {
    for (int64_t killed = saved; killed <= kEpochs; ++killed) {
      const std::string dir = JoinPath(whole, absl::StrCat(saved, "-", killed));
      State state;
      {
        std::unique_ptr<Recorder> first = Open(dir);
        if (saved == 0) first->Save(StateWriter(&state, "recorder"));
        for (int64_t epoch = 1; epoch <= killed; ++epoch) {
          ASSERT_OK(WriteEpoch(first.get(), epoch));
          if (epoch == saved) first->Save(StateWriter(&state, "recorder"));
        }
      }
      std::unique_ptr<Recorder> second = Open(dir);
      ASSERT_OK(second->Restore(StateReader(&state, "recorder")));
      for (int64_t epoch = saved + 1; epoch <= kEpochs; ++epoch) {
        ASSERT_OK(WriteEpoch(second.get(), epoch));
      }
      for (const char* file : {Recorder::kMetricsFile, Recorder::kEventsFile}) {
        EXPECT_EQ(Content(dir, file), Content(whole, file))
            << file << " " << saved << " " << killed;
      }
    }
  }
}

TEST(Recorder, RefusesToContinueAFileThatIsTooShort) {
  const std::string dir = FreshFolder();
  State state;
  {
    std::unique_ptr<Recorder> recorder = Open(dir);
    ASSERT_OK(recorder->WriteRow(1, {{"loss", 1}}));
    ASSERT_OK(recorder->WriteRow(2, {{"loss", 2}}));
    recorder->Save(StateWriter(&state));
  }
  const std::string metrics = JoinPath(dir, "metrics.csv");
  WriteTestFile(metrics, "epoch,loss\r\n1,1\r\n");
  EXPECT_THAT(Open(dir)->Restore(StateReader(&state)),
              StatusMessageIs(absl::StrCat(metrics,
                                           " has 1 rows, the checkpoint says 2; restore it "
                                           "or start anew with --resume=never")));
  WriteTestFile(metrics, "epoch,loss\r\n1,1\r\n2,2\r\n");
  WriteTestFile(JoinPath(dir, Recorder::kEventsFile), "");
  EXPECT_THAT(Open(dir)->Restore(StateReader(&state)), StatusMessageHas("has 0 bytes"));
}

TEST(Recorder, RefusesToContinueAFileThatWasEdited) {
  const std::string dir = FreshFolder();
  State state;
  {
    std::unique_ptr<Recorder> recorder = Open(dir);
    ASSERT_OK(recorder->WriteRow(1, {{"loss", 1}}));
    recorder->Save(StateWriter(&state));
  }
  WriteTestFile(JoinPath(dir, "metrics.csv"), "epoch,loss\r\n1,1.25\r\n");
  EXPECT_THAT(Open(dir)->Restore(StateReader(&state)), StatusMessageHas("it was changed since"));
}

TEST(Recorder, EveryFailingOperationIsReported) {
  const std::string dir = FreshFolder();
  for (Fault fault : kAllFaults) {
    for (int64_t nth = 1;; ++nth) {
      FaultInjectingFileSystem files(FileSystem::Posix(), nth, fault);
      absl::StatusOr<std::unique_ptr<Recorder>> recorder = Recorder::Open(dir, &files);
      absl::Status status = recorder.status();
      for (int64_t epoch = 1; status.ok() && epoch <= 3; ++epoch) {
        status = WriteEpoch(recorder->get(), epoch);
        if (status.ok()) status = (*recorder)->Sync();
      }
      if (!files.fired()) {
        EXPECT_OK(status);
        break;
      }
      // Closing a file whose content is synced may fail unseen.
      if (!status.ok()) {
        EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
      }
    }
  }
}

}  // namespace
}  // namespace dfkd
