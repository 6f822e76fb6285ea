#include "dfkd/core/contract.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

TEST(ContractTest, SetsOfCapabilities) {
  const Capabilities needs = {Capability::kLabels, Capability::kStudentOutput};
  const Capabilities have = {Capability::kLabels, Capability::kPool};
  EXPECT_TRUE(needs.Has(Capability::kLabels));
  EXPECT_FALSE(needs.Has(Capability::kPool));
  EXPECT_EQ(needs.Without(have).ToString(), "student output");
  EXPECT_EQ((needs | have).ToString(), "labels, student output, pool");
  EXPECT_TRUE(needs.Without(needs).empty());
  EXPECT_EQ(Capabilities().ToString(), "");
}

TEST(ContractTest, EveryCapabilityHasAName) {
  Capabilities all;
  int count = 0;
  // kImageLogits is the last.
  for (uint32_t bit = 1; bit <= static_cast<uint32_t>(Capability::kImageLogits); bit <<= 1) {
    all = all | Capabilities{static_cast<Capability>(bit)};
    ++count;
  }
  const std::vector<std::string> names = absl::StrSplit(all.ToString(), ", ");
  EXPECT_EQ(static_cast<int>(names.size()), count);
}

}  // namespace
}  // namespace dfkd
