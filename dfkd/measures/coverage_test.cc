#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dfkd/core/testing.h"
#include "dfkd/measures/coverage.pb.h"
#include "dfkd/measures/measure_testing.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

TEST(Coverage, IsTheShareOfRealImagesWithASyntheticNeighbour) {
  FakeRun run;
  // Real images at 0, 0.1, 0.2 and 1 of a line: to the nearest other 0.1, 0.1, 0.1 and 0.8. A new
  // image at 0.45 lies in the neighbourhood of 1 alone, one at 0.15 in those of 0.1 and 0.2.
  run.SetData(Pixels({0, 0, 0, 0, 0.1f, 0, 0, 0, 0.2f, 0, 0, 0, 1, 0, 0, 0}),
              at::zeros({4}, at::kLong));
  run.images = Pixels({0.45f, 0, 0, 0, 0.15f, 0, 0, 0});
  CoverageConfig config;
  config.set_images(2);
  config.set_neighbours(1);
  ASSERT_OK_AND_ASSIGN(const Measurement measured, TakeMeasure(config, run));
  EXPECT_NEAR(ValueOf(measured, "coverage"), 75, 1e-9);
  EXPECT_NEAR(ValueOf(measured, "density"), 3.0 / 2, 1e-9);
}

TEST(Coverage, EqualsTheDefinitionInNumpy) {
  static const auto* goldens = new Golden("dfkd/measures/testdata/coverage.safetensors");
  FakeRun run;
  run.SetData(DeterministicTensor({60, 1, 2, 2}, 1, 0, 1), at::zeros({60}, at::kLong));
  run.images = DeterministicTensor({40, 1, 2, 2}, 2, 0, 0.7);
  CoverageConfig config;
  config.set_images(40);
  for (const int k : {1, 5}) {
    config.set_neighbours(k);
    ASSERT_OK_AND_ASSIGN(const Measurement measured, TakeMeasure(config, run));
    const std::string name = "k" + std::to_string(k);
    EXPECT_NEAR(ValueOf(measured, "coverage"), 100 * (*goldens)[name + ".coverage"].item<double>(),
                1e-9);
    EXPECT_NEAR(ValueOf(measured, "density"), (*goldens)[name + ".density"].item<double>(), 1e-9);
  }
}

TEST(Coverage, NeedsMoreImagesThanNeighbours) {
  FakeRun run;
  run.images = Pixels({0, 0, 0, 0});
  run.SetData(Pixels({0, 0, 0, 0, 1, 0, 0, 0}), at::zeros({2}, at::kLong));
  CoverageConfig config;
  EXPECT_THAT(TakeMeasure(config, run),
              StatusMessageIs("neighbours is 5, but there are 2 real images; must be fewer"));
}

}  // namespace
}  // namespace dfkd
