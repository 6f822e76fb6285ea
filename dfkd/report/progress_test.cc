#include "dfkd/report/progress.h"

#include <string>

#include "dfkd/report/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A display whose clock stands still until it is moved.
class FakeDisplay {
 public:
  explicit FakeDisplay(bool terminal) : terminal_(terminal) {}
  ProgressDisplay Get() {
    return {terminal_, [this] { return width; },
            [this](absl::string_view text) { shown += std::string(text); }, [this] { return now; }};
  }
  int Count(const std::string& text) const {
    int count = 0;
    for (size_t at = shown.find(text); at != std::string::npos; at = shown.find(text, at + 1)) {
      ++count;
    }
    return count;
  }

  int width = 120;
  absl::Time now = absl::UnixEpoch();
  std::string shown;

 private:
  bool terminal_;
};

TEST(ProgressRender, ShowsBarRateAndTimeLeft) {
  // 8 of 20 are 40%, which fill 12 of 30 columns; 12 epochs at 2 a second take 6 s.
  EXPECT_EQ(Progress::Render("teacher", 8, 20, "epochs", 2.0, "", 200),
            "teacher  40% |############                  | 8/20 epochs, 2.0 epochs/s, 6.0 s left");
}

TEST(ProgressRender, SlowStepsAreToldInSecondsEach) {
  EXPECT_THAT(Progress::Render("student", 1, 3, "epochs", 0.25, "loss 0.31", 200),
              HasSubstr("1/3 epochs, 4.0 s/epoch, 8.0 s left, loss 0.31"));
}

TEST(ProgressRender, WithoutARateThereIsNoTimeLeft) {
  EXPECT_THAT(Progress::Render("student", 0, 3, "epochs", 0, "", 200), Not(HasSubstr("left")));
}

TEST(ProgressRender, FitsAnyWidth) {
  for (int width = 0; width < 150; ++width) {
    const std::string line =
        Progress::Render("student seed 0", 7, 100, "epochs", 3, "a status that is long", width);
    EXPECT_LE(DisplayWidth(line), width) << line;
  }
}

TEST(ProgressRender, ALongStatusIsCutBeforeTheBarGoes) {
  EXPECT_EQ(Progress::Render("student", 7, 100, "epochs", 3, "loss 0.31, test 97.4%", 80),
            "student   7% |          | 7/100 epochs, 3.0 epochs/s, 31.0 s left, loss 0.31,...");
}

TEST(ProgressRender, TheBarGoesBeforeTheFacts) {
  const std::string line = Progress::Render("student", 7, 100, "epochs", 3, "", 60);
  EXPECT_THAT(line, Not(HasSubstr("#")));
  EXPECT_THAT(line, HasSubstr("31.0 s left"));  // 93 / 3
}

TEST(ProgressRender, SurvivesOddTotals) {
  EXPECT_THAT(Progress::Render("t", 0, 0, "steps", 0, "", 80), HasSubstr("100%"));
  EXPECT_THAT(Progress::Render("t", 7, 5, "steps", 1, "", 80), HasSubstr("7/5 steps"));
}

TEST(Progress, OnATerminalIsRedrawnAtMostTenTimesASecond) {
  FakeDisplay display(true);
  Progress progress("student", 1000, "steps", absl::Seconds(30), display.Get());
  progress.Start(0);
  for (int i = 0; i < 1000; ++i) {
    display.now += absl::Milliseconds(1);
    progress.Advance();
  }
  EXPECT_EQ(display.Count("\r"), 11);  // at the start, then at 0.1, 0.2, ... 1.0 s
}

TEST(Progress, OffATerminalWritesLinesWithoutControlCharacters) {
  FakeDisplay display(false);
  {
    Progress progress("student", 100, "steps", absl::Seconds(30), display.Get());
    progress.Start(0);
    for (int i = 0; i < 100; ++i) {
      display.now += absl::Seconds(1);
      progress.SetStatus("loss 0.5");
      progress.Advance();
      if (i == 49) progress.Note("half");
    }
    progress.Finish();
  }
  EXPECT_EQ(display.shown,
            "student: starts, 0/100 steps\n"
            "student: 30/100 steps, 1.0 steps/s, 1 min 10 s left, loss 0.5\n"
            "half\n"
            "student: 60/100 steps, 1.0 steps/s, 40.0 s left, loss 0.5\n"
            "student: 90/100 steps, 1.0 steps/s, 10.0 s left, loss 0.5\n"
            "student: 100/100 steps, done in 1 min 40 s, loss 0.5\n");
}

TEST(Progress, StepsOfAnEarlierSessionDoNotCountForTheRate) {
  FakeDisplay display(false);
  Progress progress("student", 100, "steps", absl::Seconds(1), display.Get());
  progress.Start(90);
  display.now += absl::Seconds(1);
  progress.Advance();
  EXPECT_THAT(display.shown, HasSubstr("resumes at 90/100 steps"));
  EXPECT_THAT(display.shown, HasSubstr("91/100 steps, 1.0 steps/s, 9.0 s left"));
}

TEST(Progress, TheRateForgetsAnEarlierPhase) {
  FakeDisplay display(false);
  Progress progress("student", 1000, "steps", absl::Seconds(1), display.Get());
  progress.Start(0);
  for (int i = 0; i < 100; ++i) {  // ten a second
    display.now += absl::Milliseconds(100);
    progress.Advance();
  }
  for (int i = 0; i < 40; ++i) {  // one a second, for longer than the half minute that counts
    display.now += absl::Seconds(1);
    display.shown.clear();
    progress.Advance();
  }
  EXPECT_THAT(display.shown, HasSubstr(" 1.0 steps/s"));
}

TEST(Progress, ANoteStandsOnALineOfItsOwn) {
  FakeDisplay display(true);
  Progress progress("student", 10, "steps", absl::Seconds(30), display.Get());
  progress.Start(0);
  display.shown.clear();
  progress.Note("epoch 1: test 41.8%");
  // The bar is cleared, and drawn again below.
  EXPECT_THAT(display.shown, ::testing::StartsWith("\r\x1b[Kepoch 1: test 41.8%\n\rstudent"));
}

TEST(Progress, AnUnfinishedBarLeavesTheCursorOnAFreshLine) {
  FakeDisplay display(true);
  {
    Progress progress("student", 10, "steps", absl::Seconds(30), display.Get());
    progress.Start(0);
  }
  EXPECT_EQ(display.shown.back(), '\n');
}

TEST(Progress, NeverFillsTheLastColumn) {
  FakeDisplay display(true);
  display.width = 40;
  Progress progress("student", 10, "steps", absl::Seconds(30), display.Get());
  progress.SetStatus("a status that is much too long for this");
  progress.Start(0);
  // "\r", the bar, clear.
  EXPECT_EQ(display.shown.size(), 1 + 39 + 3);
}

}  // namespace
}  // namespace dfkd
