#include "dfkd/data/cifar_files.h"

#include <gtest/gtest.h>

#include <string>

#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

// Two label bytes, as CIFAR-100 has them.
CifarFormat Format() {
  return {.name = "CIFAR-100",
          .archive = "cifar-100-binary.tar.gz",
          .archive_md5 = "0123",
          .train_files = {"train.bin"},
          .test_file = "test.bin",
          .label_limits = {20, 100}};
}

std::string Record(int coarse, int fine, char pixel) {
  return std::string{static_cast<char>(coarse), static_cast<char>(fine)} +
         std::string(kCifarPixels, pixel);
}

TEST(ParseCifar, ReadsLabelsAndPlanesOfPixels) {
  std::string second = Record(19, 99, 0);
  second[2 + 1024 + 32 * 3 + 5] = '\xff';  // green, row 3, column 5
  ASSERT_OK_AND_ASSIGN(const CifarImages images,
                       ParseCifar(Record(0, 7, 10) + second, Format(), "train.bin"));
  EXPECT_EQ(images.images.sizes(), at::IntArrayRef({2, 3, 32, 32}));
  EXPECT_EQ(images.labels[0].item<int64_t>(), 7);
  EXPECT_EQ(images.labels[1].item<int64_t>(), 99);
  EXPECT_EQ(images.images[0].to(at::kLong).sum().item<int64_t>(), 10 * 3072);
  EXPECT_EQ(images.images[1][1][3][5].item<int64_t>(), 255);
  EXPECT_EQ(images.images[1].to(at::kLong).sum().item<int64_t>(), 255);
}

TEST(ParseCifar, RefusesWhatIsNotWholeRecords) {
  const std::string two = Record(0, 1, 2) + Record(3, 4, 5);
  for (const size_t size : {size_t{0}, size_t{1}, size_t{3073}, two.size() - 1}) {
    EXPECT_THAT(
        ParseCifar(two.substr(0, size), Format(), "train.bin"),
        StatusHas(absl::StatusCode::kNotFound,
                  "bytes; must be one or more records of 3074 bytes, as CIFAR-100 has them"))
        << size;
  }
  EXPECT_THAT(
      ParseCifar(two + "x", Format(), "train.bin"),
      StatusMessageIs("train.bin has 6149 bytes; must be one or more records of 3074 bytes, "
                      "as CIFAR-100 has them"));
}

TEST(ParseCifar, RefusesLabelsOutOfRange) {
  EXPECT_THAT(ParseCifar(Record(0, 1, 2) + Record(3, 100, 5), Format(), "train.bin"),
              StatusMessageIs("train.bin: record 1 has label 100; must be in [0, 99]"));
  EXPECT_THAT(ParseCifar(Record(255, 1, 2), Format(), "train.bin"),
              StatusMessageIs("train.bin: record 0 has label 255; must be in [0, 19]"));
}

TEST(ReadCifar, SaysWhichFileIsMissingWhereItBelongsAndHowToGetIt) {
  EXPECT_THAT(
      ReadCifar("nowhere", {"train.bin"}, Format()),
      StatusMessageIs(
          "nowhere/train.bin is missing. It is a file of CIFAR-100's binary version, which holds "
          "test.bin, train.bin: get cifar-100-binary.tar.gz (MD5 0123) from "
          "https://www.cs.toronto.edu/~kriz/cifar.html, unpack it, and name its folder in "
          "data.source's `folder`"));
}

}  // namespace
}  // namespace dfkd
