#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dfkd/core/testing.h"
#include "dfkd/measures/inception_score.pb.h"
#include "dfkd/measures/measure_testing.h"

namespace dfkd {
namespace {

// Logits are twice the upper values.
double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

TEST(InceptionScoreMeasure, IsThatOfTheJudgesClasses) {
  FakeRun run;
  run.images = Pixels({1, 0, 0, 0, 0, 1, 0, 0});
  InceptionScoreConfig config;
  config.set_images(10);
  ASSERT_OK_AND_ASSIGN(const Measurement measured, TakeMeasure(config, run));
  // Half of the images have p = (s, 1 - s), half (1 - s, s), s = sigmoid(2); the marginal is even.
  const double s = Sigmoid(2);
  const double divergence = s * std::log(2 * s) + (1 - s) * std::log(2 * (1 - s));
  EXPECT_NEAR(ValueOf(measured, "inception_score"), std::exp(divergence), 1e-6);
  EXPECT_THAT(measured.notes, ::testing::ElementsAre("Judge: the run's teacher, over 2 classes. Of "
                                                     "10 new images."));
}

TEST(InceptionScoreMeasure, EachSplitIsScoredAlone) {
  FakeRun run;
  // A cat and a dog in each: the first two that the judge is sure of, then two that it is not.
  run.images = Pixels({1, 0, 0, 0, 0, 1, 0, 0, 0.5f, 0.5f, 0, 0, 0.5f, 0.5f, 0, 0});
  InceptionScoreConfig config;
  config.set_images(4);
  config.set_splits(2);
  ASSERT_OK_AND_ASSIGN(const Measurement measured, TakeMeasure(config, run));
  const double s = Sigmoid(2);
  const double first = std::exp(s * std::log(2 * s) + (1 - s) * std::log(2 * (1 - s)));
  EXPECT_NEAR(ValueOf(measured, "inception_score"), (first + 1) / 2, 1e-6);
  EXPECT_NEAR(ValueOf(measured, "inception_score_deviation"), (first - 1) / 2, 1e-6);
}

TEST(InceptionScoreMeasure, RefusesMoreSplitsThanImages) {
  FakeRun run;
  InceptionScoreConfig config;
  config.set_images(10);
  config.set_splits(6);
  EXPECT_THAT(TakeMeasure(config, run),
              StatusMessageHas("splits is 6 of 10 images; must leave at least 2 to each"));
}

}  // namespace
}  // namespace dfkd
