#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/testing.h"
#include "dfkd/data/dataset.h"
#include "dfkd/pool/pool_set.h"
#include "dfkd/train/check.h"
#include "dfkd/train/index_batches.h"
#include "dfkd/train/pool_budget.h"
#include "dfkd/train/pool_views.h"
#include "dfkd/train/sample_pictures.h"
#include "dfkd/train/teacher.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

std::vector<int64_t> Values(const at::Tensor& tensor) {
  const at::Tensor contiguous = tensor.contiguous();
  const int64_t* data = contiguous.data_ptr<int64_t>();
  return {data, data + contiguous.numel()};
}

// --- index_batches.h

TEST(IndexBatchesTest, APassShowsEveryIndexOnceAndEndsShort) {
  RandomStream order(0, "order");
  IndexBatches batches(10, 4, order);
  EXPECT_EQ(batches.batches_per_pass(), 3);
  std::multiset<int64_t> seen;
  std::vector<size_t> sizes;
  for (int i = 0; i < 3; ++i) {
    const std::vector<int64_t> batch = Values(batches.Next());
    sizes.push_back(batch.size());
    seen.insert(batch.begin(), batch.end());
  }
  EXPECT_THAT(sizes, ::testing::ElementsAre(4, 4, 2));
  EXPECT_EQ(seen.size(), 10);
  EXPECT_EQ(std::set<int64_t>(seen.begin(), seen.end()).size(), 10);
}

TEST(IndexBatchesTest, ALastBatchOfOneIsLeftOut) {
  RandomStream order(0, "order");
  IndexBatches batches(9, 4, order);
  EXPECT_EQ(batches.batches_per_pass(), 2);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(batches.Next().size(0), 4);
}

TEST(IndexBatchesTest, ASingleImageIsABatch) {
  RandomStream order(0, "order");
  IndexBatches batches(1, 4, order);
  EXPECT_EQ(batches.batches_per_pass(), 1);
  EXPECT_THAT(Values(batches.Next()), ::testing::ElementsAre(0));
  EXPECT_THAT(Values(batches.Next()), ::testing::ElementsAre(0));
}

// --- pool_views.h, sample_pictures.h

// `count` images of one pixel; image i is i and has the label i mod 3.
std::unique_ptr<Pool> MakePool(int64_t count, int64_t max_images = 0) {
  static int made = 0;
  PoolOptions options;
  options.channels = 1;
  options.height = 1;
  options.width = 1;
  options.max_images = max_images;
  absl::StatusOr<std::unique_ptr<Pool>> pool = Pool::Open(
      absl::StrCat(::testing::TempDir(), "/views-", ++made), options, FileSystem::Posix());
  CHECK(pool.ok()) << pool.status();
  const at::Tensor numbers = at::arange(count, at::kLong);
  CHECK(
      (*pool)->Append(numbers.to(at::kByte).view({count, 1, 1, 1}), numbers.remainder(3), 0).ok());
  return *std::move(pool);
}

std::vector<int64_t> HeldOutNumbers(const Pool& pool) {
  return Values(pool.Images(HeldOutIndices(pool)).to(at::kLong).flatten());
}

TEST(PoolViewsTest, OneOfEachTenImagesIsHeldOut) {
  const auto pool = MakePool(250);
  const std::vector<int64_t> held_out = HeldOutNumbers(*pool);
  ASSERT_EQ(held_out.size(), 25);
  for (int64_t i = 0; i < 25; ++i) EXPECT_EQ(held_out[i] / 10, i);
  EXPECT_EQ(TrainingIndices(*pool, true).size(0), 225);
  EXPECT_EQ(TrainingIndices(*pool, false).size(0), 250);
}

// Balanced labels repeat 0 ... 9, in step with the tens.
TEST(PoolViewsTest, EveryClassOfTenIsBothLearnedAndHeldOut) {
  const auto pool = MakePool(250);
  std::set<int64_t> held_out, learned;
  for (int64_t number : HeldOutNumbers(*pool)) held_out.insert(number % 10);
  for (int64_t number : Values(TrainingIndices(*pool, true))) learned.insert(number % 10);
  EXPECT_GE(held_out.size(), 8);  // 25 draws from 10: 1 - 0.9^25 = 93% of the classes
  EXPECT_EQ(learned.size(), 10);
}

TEST(PoolViewsTest, WhatIsHeldOutStaysSoWhenTheRingMovesOn) {
  // Of 250 the newest 70 are kept, numbers 180 to 249.
  const std::vector<int64_t> all = HeldOutNumbers(*MakePool(250));
  EXPECT_EQ(HeldOutNumbers(*MakePool(250, 70)), std::vector<int64_t>(all.begin() + 18, all.end()));
}

TEST(PoolViewsTest, BatchesNeverShowWhatIsHeldOut) {
  const auto pool = MakePool(30);
  const std::vector<int64_t> held_out = HeldOutNumbers(*pool);
  RandomStream order(0, "order");
  PoolBatches batches(*pool, true, 9, order);
  for (int i = 0; i < 9; ++i) {
    for (int64_t number : Values(batches.Next().images.to(at::kLong).flatten())) {
      EXPECT_THAT(held_out, ::testing::Not(::testing::Contains(number)));
    }
  }
}

TEST(PoolViewsTest, TheHeldOutSplitGivesImagesBetween0And1) {
  const auto pool = MakePool(20);
  const std::vector<int64_t> numbers = HeldOutNumbers(*pool);
  const HeldOutSplit split(*pool);
  ASSERT_EQ(split.size(), 2);
  ASSERT_OK_AND_ASSIGN(const at::Tensor images, split.Images(at::arange(2, at::kLong)));
  for (int i = 0; i < 2; ++i) {
    EXPECT_FLOAT_EQ(images[i].item<float>(), numbers[i] / 255.0f);
    EXPECT_EQ(Values(split.labels())[i], numbers[i] % 3);
  }
}

TEST(SamplePicturesTest, ShowsTheNewestOfEachClass) {
  const auto pool = MakePool(12);
  const Method::Samples samples = NewestPerClass(*pool, 3, 2);
  EXPECT_THAT(Values(samples.labels), ::testing::ElementsAre(0, 0, 1, 1, 2, 2));
  EXPECT_THAT(Values(samples.images.to(at::kLong).flatten()),
              ::testing::ElementsAre(9, 6, 10, 7, 11, 8));
}

TEST(SamplePicturesTest, AnEmptyPoolShowsNothing) {
  EXPECT_FALSE(NewestPerClass(*MakePool(0), 3).images.defined());
}

// --- teacher.h

TeacherCard Card(const std::string& text) {
  TeacherCard card;
  const absl::Status status = ParseTextproto(text, "card", &card);
  CHECK(status.ok()) << status;
  return card;
}

constexpr char kWhole[] =
    "class_name: ['cat', 'dog'] normalization { mean: 0.5 std: 0.25 } height: 8 width: 6 channels: "
    "1";

TEST(MergeCardsTest, EachFieldComesFromTheFirstThatHasIt) {
  const TeacherCard spec = Card("height: 8 width: 6");
  const TeacherCard file = Card(kWhole);
  ASSERT_OK_AND_ASSIGN(const TeacherCard merged,
                       MergeCards({{"spec", &spec}, {"file", &file}, {"data", nullptr}}));
  EXPECT_EQ(CardToText(merged), CardToText(file));
}

TEST(MergeCardsTest, RefusesTwoThatDifferAndPrintsBoth) {
  const TeacherCard spec = Card("normalization { mean: 0.4 std: 0.25 }");
  const TeacherCard file = Card(kWhole);
  EXPECT_THAT(MergeCards({{"the spec", &spec}, {"teacher.pth", &file}}),
              StatusMessageIs("two cards differ in normalization:\n"
                              "  the spec: normalization { mean: [0.4] std: [0.25] }\n"
                              "  teacher.pth: normalization { mean: [0.5] std: [0.25] }\n"
                              "Remove or correct one of them."));
}

TEST(MergeCardsTest, AccuraciesMayDiffer) {
  const TeacherCard spec = Card("accuracy: 90");
  const TeacherCard file = Card(absl::StrCat(kWhole, " accuracy: 91"));
  EXPECT_OK(MergeCards({{"spec", &spec}, {"file", &file}}));
}

TEST(MergeCardsTest, SaysWhatNoneOfThemTells) {
  const TeacherCard spec = Card("class_name: 'cat' height: 8 width: 8");
  EXPECT_THAT(MergeCards({{"spec", &spec}}),
              StatusMessageHas("trained on: normalization, channels missing. Set teacher.card"));
}

TEST(MergeCardsTest, RefusesANormalizationOfAnotherNumberOfChannels) {
  const TeacherCard card = Card(absl::StrReplaceAll(kWhole, {{"channels: 1", "channels: 3"}}));
  EXPECT_THAT(
      MergeCards({{"spec", &card}}),
      StatusMessageIs("teacher.card.normalization has 1 means and 1 deviations; must be one of "
                      "each per channel (3)"));
}

TEST(TeacherCardTest, SurvivesTheWeightFile) {
  ASSERT_OK_AND_ASSIGN(const TeacherCard card, CardFromText(CardToText(Card(kWhole)), "file"));
  EXPECT_EQ(CardToText(card), CardToText(Card(kWhole)));
  EXPECT_THAT(CardFromText("heigth: 8", "t.safetensors"),
              StatusMessageIs("t.safetensors: metadata dfkd.card:1:1: TeacherCard has no field "
                              "\"heigth\"; did you mean \"height\"?"));
}

TEST(TeacherCardTest, AWeightFilesCardKeepsTheRulesOfItsFields) {
  EXPECT_THAT(CardFromText("height: 0 width: 8", "t.safetensors"),
              StatusHas(absl::StatusCode::kNotFound,
                        "t.safetensors: metadata dfkd.card.height is 0; must be in [1, 4096]"));
  EXPECT_THAT(CardFromText("normalization { mean: nan std: 0 }", "t.safetensors"),
              StatusMessageIs("t.safetensors: metadata dfkd.card.normalization.mean[0] is nan; "
                              "must be a finite number\n"
                              "dfkd.card.normalization.std[0] is 0; must be greater than 0"));
}

// --- check.h, pool_budget.h

// 3 x 4 x 5 numbers, two classes.
TeacherCard SmallCard() {
  TeacherCard card;
  card.set_channels(3);
  card.set_height(4);
  card.set_width(5);
  card.add_class_name("one");
  card.add_class_name("two");
  return card;
}

std::vector<int64_t> LimitsInImages(const std::string& pool, const std::vector<ImageSize>& sizes) {
  const TeacherCard card = SmallCard();
  MethodOutline outline;
  for (const ImageSize& size : sizes) outline.pools.push_back({size, 0, 0});
  PoolSpec spec;
  EXPECT_OK(ParseTextproto(pool, "pool", &spec));
  std::vector<int64_t> limits;
  for (const PoolOptions& options : PoolOptionsOf(spec, card, PoolsOf(outline, card))) {
    limits.push_back(options.max_images);
  }
  return limits;
}

TEST(PoolOptionsOfTest, ALimitIsCountedInImagesWhateverItsUnit) {
  // 3 x 4 x 5: 20 pixels, 60 bytes an image.
  const std::vector<std::pair<std::string, int64_t>> cases = {
      {"", 0},
      {"max_images: 7", 7},
      {"max_pixels: 100", 5},
      {"max_bytes: 100", 1},
      {"max_bytes: 1", 1},
      {"data_ratio { percent: 5 original_images: 1000 }", 50},
      {"images_per_class: 10", 20}};
  for (const auto& [text, images] : cases) {
    EXPECT_THAT(LimitsInImages(text, {}), testing::ElementsAre(images)) << text;
  }
}

TEST(PoolOptionsOfTest, AnImageOfHalfTheSideIsAQuarterOfOne) {
  EXPECT_THAT(LimitsInImages("data_ratio { percent: 5 original_images: 1000 }", {{2, 2}}),
              testing::ElementsAre(250));  // 50 x 20 pixels / 4
}

TEST(PoolOptionsOfTest, SizesShareALimitEqually) {
  // 1000 pixels: 500 of each size.
  EXPECT_THAT(LimitsInImages("max_pixels: 1000", {{2, 2}, {5, 5}}), testing::ElementsAre(125, 20));
  // 9 x 2 classes x 20 pixels = 360: 180 of each size.
  EXPECT_THAT(LimitsInImages("images_per_class: 9", {{2, 2}, {4, 5}}), testing::ElementsAre(45, 9));
}

TEST(KeptImagesTest, AreThoseMadeUpToTheLimit) {
  PoolOptions options;
  const PoolOutline pool{.size = {2, 2}, .images = 300, .student_batch = 0};
  EXPECT_EQ(KeptImages(options, pool), 300);
  options.max_images = 125;
  EXPECT_EQ(KeptImages(options, pool), 125);
  options.max_images = 1000;
  EXPECT_EQ(KeptImages(options, pool), 300);
}

// Two pools of 24 and 32 pixels; the first is a ring of 16.
std::unique_ptr<PoolSet> MakePools() {
  static int made = 0;
  absl::StatusOr<std::unique_ptr<PoolSet>> pools =
      PoolSet::Open(absl::StrCat(::testing::TempDir(), "/content-", ++made),
                    {{.channels = 1, .height = 24, .width = 24, .max_images = 16},
                     {.channels = 1, .height = 32, .width = 32}},
                    at::kCPU, FileSystem::Posix());
  CHECK(pools.ok()) << pools.status();
  CHECK((*pools)->pool(0).Append(at::zeros({20, 1, 24, 24}, at::kByte), at::arange(20), 0).ok());
  CHECK((*pools)->pool(1).Append(at::zeros({7, 1, 32, 32}, at::kByte), at::arange(7), 0).ok());
  return *std::move(pools);
}

TeacherCard CardOf32Pixels() {
  TeacherCard card;
  card.set_channels(1);
  card.set_height(32);
  card.set_width(32);
  for (const char* name : {"a", "b", "c", "d"}) card.add_class_name(name);
  return card;
}

TEST(ContentOfTest, ImagesOfAllSizesAreCountedAsThoseOfTheTeachersSize) {
  const PoolContent content = ContentOf(*MakePools(), CardOf32Pixels(), /*original_images=*/200);
  EXPECT_EQ(content.images, 16 + 7);  // of 20 + 7 that were made
  // 16 x 24 x 24 + 7 x 32 x 32 = 9216 + 7168 pixels, which are 16 images of 32 x 32: 4 for each of
  // 4 classes, and 8 % of 200.
  EXPECT_EQ(content.pixels, 16384);
  EXPECT_DOUBLE_EQ(content.images_per_class, 4);
  ASSERT_TRUE(content.data_ratio.has_value());
  EXPECT_DOUBLE_EQ(*content.data_ratio, 8);
}

TEST(ContentOfTest, WithoutTheOriginalImagesThereIsNoRatioOfThem) {
  const PoolContent content = ContentOf(*MakePools(), CardOf32Pixels(), std::nullopt);
  EXPECT_DOUBLE_EQ(content.images_per_class, 4);
  EXPECT_EQ(content.data_ratio, std::nullopt);
}

TEST(OriginalImagesTest, AreWhatTheSpecSaysOrElseTheTrainingSplit) {
  PoolSpec spec;
  EXPECT_EQ(OriginalImages(spec, nullptr), std::nullopt);
  const auto images = [](int64_t count) {
    return std::make_unique<MemorySplit>(at::zeros({count, 1, 2, 2}, at::kByte), at::arange(count));
  };
  const SplitDataset for_tests(CardOf32Pixels(),
                               {.train = nullptr, .validation = nullptr, .test = images(3)});
  EXPECT_EQ(OriginalImages(spec, &for_tests), std::nullopt);
  const SplitDataset data(CardOf32Pixels(),
                          {.train = images(50), .validation = nullptr, .test = images(3)});
  EXPECT_EQ(OriginalImages(spec, &data), 50);
  spec.mutable_data_ratio()->set_original_images(200);
  EXPECT_EQ(OriginalImages(spec, &data), 200);
}

// "SIZE x COUNT" of each batch, a line for each turn.
std::string Turns(const MethodOutline& outline) {
  std::string text;
  for (const auto& turn : StudentTurns(outline, SmallCard(), /*batch_size=*/6)) {
    for (const PoolOutline& pool : turn) {
      absl::StrAppend(&text, pool.size.height, "x", pool.size.width, " x ", pool.student_batch,
                      &pool == &turn.back() ? "\n" : ", ");
    }
  }
  return text;
}

TEST(StudentTurnsTest, AreBatchesOfEachPoolAtOnceOrInTurn) {
  MethodOutline outline;
  EXPECT_EQ(Turns(outline), "4x5 x 6\n");  // the card's size, student.batch_size
  outline.pools = {{{2, 2}, 100, 20}, {{4, 4}, 50, 0}};
  EXPECT_EQ(Turns(outline), "2x2 x 20, 4x4 x 6\n");
  outline.pools_in_turn = true;
  EXPECT_EQ(Turns(outline), "2x2 x 20\n4x4 x 6\n");
}

TEST(CheckResourcesTest, RefusesAPoolLargerThanTheMachine) {
  ExperimentCost cost;
  cost.pool_bytes = int64_t{1} << 60;
  cost.peak_bytes = cost.pool_bytes;
  EXPECT_THAT(CheckResources(cost, ::testing::TempDir()),
              StatusMessageHas("set train.pool.max_images"));
  cost.peak_bytes = 0;
  EXPECT_THAT(CheckResources(cost, ::testing::TempDir()), StatusMessageHas("are free"));
}

}  // namespace
}  // namespace dfkd
