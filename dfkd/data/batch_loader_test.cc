#include "dfkd/data/batch_loader.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"
#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

// Writes down what it is asked for. Image i is i everywhere; image 5 cannot be read.
class TalkingSplit : public Split {
 public:
  int64_t size() const override { return 8; }
  const at::Tensor& labels() const override { return labels_; }
  void Prefetch(const at::Tensor& index) const override {
    absl::StrAppend(&said, "p", index[0].item<int64_t>(), " ");
  }
  absl::StatusOr<at::Tensor> Images(const at::Tensor& index) const override {
    absl::StrAppend(&said, "i", index[0].item<int64_t>(), " ");
    if (index.eq(5).any().item<bool>()) return InputFileError("image 5");
    return index.to(at::kFloat).view({-1, 1, 1, 1});
  }

  mutable std::string said;

 private:
  const at::Tensor labels_ = at::arange(8, at::kLong).add(10);
};

TEST(BatchLoader, AnnouncesTwoBatchesAhead) {
  const TalkingSplit split;
  int64_t next = 0;
  BatchLoader loader(split, 4, [&] { return at::full({1}, next++, at::kLong); });
  for (int64_t i = 0; i < 4; ++i) {
    ASSERT_OK_AND_ASSIGN(const LabelledBatch batch, loader.Next());
    EXPECT_EQ(batch.images.item<float>(), static_cast<float>(i));
    EXPECT_EQ(batch.labels.item<int64_t>(), 10 + i);
  }
  EXPECT_EQ(split.said, "p0 p1 p2 i0 p3 i1 i2 i3 ");
}

TEST(BatchLoader, ReportsAnErrorWithItsBatch) {
  const TalkingSplit split;
  int64_t next = 0;
  BatchLoader loader(split, 4, [&] {
    next += 2;
    return at::arange(next - 2, next, at::kLong);
  });
  EXPECT_OK(loader.Next());
  EXPECT_OK(loader.Next());
  EXPECT_THAT(loader.Next(), StatusMessageIs("image 5"));
  EXPECT_OK(loader.Next());
}

TEST(BatchLoader, GivesMasksWhereASplitHasThem) {
  const at::Tensor masks = at::arange(12, at::kByte).view({3, 2, 2});
  const MemorySplit split(at::full({3, 1, 2, 2}, 0.5), at::full({3}, -1, at::kLong), masks);
  BatchLoader loader(split, 1, [] { return at::arange(1, 3, at::kLong); });
  ASSERT_OK_AND_ASSIGN(const LabelledBatch batch, loader.Next());
  EXPECT_EQ(batch.images.size(0), 2);
  EXPECT_TRUE(batch.labels.equal(masks.narrow(0, 1, 2)));
}

}  // namespace
}  // namespace dfkd
