#include "dfkd/data/class_masks.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "dfkd/core/testing.h"
#include "dfkd/images/image_forge.h"

namespace dfkd {
namespace {

class ClassMasksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(Path("image"));
    std::filesystem::create_directories(Path("label"));
  }

  std::string Path(const std::string& name) const { return absl::StrCat(dir_, "/", name); }

  std::string Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(Path(name), std::ios::binary) << bytes;
    return Path(name);
  }

  // Rows of 0, 1, 2, ... in turn.
  static Image Numbers(int64_t height, int64_t width, int64_t channels = 1) {
    Image image(channels, height, width);
    for (int64_t c = 0; c < channels; ++c) {
      for (int64_t i = 0; i < height * width; ++i) {
        image.plane(c)[i] = static_cast<uint8_t>(i / width);
      }
    }
    return image;
  }

  // A picture and a mask of 8 x 6 pixels, under these names.
  void WritePair(const std::string& image, const std::string& mask) const {
    Write("image/" + image, ForgePng(Numbers(6, 8, 3)));
    Write("label/" + mask, ForgePng(Numbers(6, 8)));
  }

  absl::StatusOr<MaskedFiles> Pair() const { return PairMasks(Path("image"), Path("label")); }

  const std::string dir_ = ::testing::TempDir() + "/masks";
};

TEST_F(ClassMasksTest, ZeroIsNoClassAndOneTheFirst) {
  ASSERT_OK_AND_ASSIGN(const Image mask,
                       ReadClassMask(Write("mask.png", ForgePng(Numbers(3, 2))), 2));
  EXPECT_EQ(mask.pixels, (std::vector<uint8_t>{255, 255, 0, 0, 1, 1}));
}

TEST_F(ClassMasksTest, RefusesOtherNumbersByNameAndPlace) {
  const std::string path = Write("mask.png", ForgePng(Numbers(4, 2)));
  EXPECT_THAT(ReadClassMask(path, 2),
              StatusMessageIs(absl::StrCat(path,
                                           " holds 3 at row 3, column 0; must be in [0, 2]: 0 for "
                                           "no class, then the classes")));
}

TEST_F(ClassMasksTest, RefusesWhatIsNotEightBitGrey) {
  for (const std::string& bytes : {ForgePng(Numbers(3, 2, 3)), ForgeJpeg(Numbers(3, 2), 90),
                                   ForgePng(Numbers(3, 2)).substr(0, 20), std::string()}) {
    const std::string path = Write("mask.png", bytes);
    EXPECT_THAT(
        ReadClassMask(path, 2),
        StatusMessageIs(absl::StrCat(
            path, " is no PNG file of 8-bit grey; each pixel must hold the number of its class")));
  }
  // The header is right, the rest is missing.
  const std::string path = Write("mask.png", ForgePng(Numbers(3, 2)).substr(0, 40));
  EXPECT_THAT(ReadClassMask(path, 2), StatusMessageHas(path));
}

TEST_F(ClassMasksTest, PairsByTheNumberAtTheEndOrTheWholeName) {
  WritePair("nyu_rgb_0016.png", "new_nyu_class13_0016.png");
  WritePair("0.png", "000.png");
  WritePair("room.png", "room.png");
  ASSERT_OK_AND_ASSIGN(const MaskedFiles files, Pair());
  EXPECT_EQ(files.images,
            (std::vector<std::string>{Path("image/0.png"), Path("image/nyu_rgb_0016.png"),
                                      Path("image/room.png")}));
  EXPECT_EQ(files.masks,
            (std::vector<std::string>{Path("label/000.png"), Path("label/new_nyu_class13_0016.png"),
                                      Path("label/room.png")}));
}

TEST_F(ClassMasksTest, RefusesWhatHasNoPartnerOrTwo) {
  WritePair("1.png", "1.png");
  const std::string lone = Write("image/a2.png", "");
  EXPECT_THAT(Pair(), StatusMessageIs(absl::StrCat(lone, " has no mask in ", Path("label"),
                                                   ", none ending in 2")));
  std::filesystem::remove(lone);
  const std::string mask = Write("label/3.png", "");
  EXPECT_THAT(Pair(),
              StatusMessageIs(absl::StrCat(mask, " is the mask of no picture in ", Path("image"))));
  const std::string twin = Write("label/x1.png", "");
  EXPECT_THAT(Pair(), StatusMessageIs(absl::StrCat(twin, " and ", Path("label/1.png"),
                                                   " both end in one number, by which pictures and "
                                                   "masks are told; rename one")));
}

TEST_F(ClassMasksTest, ASplitResizesPicturesAndMasksAlike) {
  WritePair("1.png", "1.png");
  WritePair("2.png", "2.png");
  ASSERT_OK_AND_ASSIGN(MaskedFiles files, Pair());
  MaskedSplitOptions options;
  options.classes = 5;
  options.shorter_side = 3;
  const MaskedSplit split(files, options);
  EXPECT_EQ(split.size(), 2);
  EXPECT_TRUE(split.has_masks());
  EXPECT_TRUE(split.labels().eq(-1).all().item<bool>());
  split.Prefetch(at::arange(2, at::kLong));
  ASSERT_OK_AND_ASSIGN(const at::Tensor images, split.Images(at::arange(2, at::kLong)));
  ASSERT_OK_AND_ASSIGN(const at::Tensor masks, split.Masks(at::arange(2, at::kLong)));
  EXPECT_EQ(images.sizes(), (at::IntArrayRef{2, 3, 3, 4}));
  ASSERT_EQ(masks.sizes(), (at::IntArrayRef{2, 3, 4}));
  // Of six rows 0 to 5 the nearest are 1, 3 and 5: classes 0, 2 and 4.
  EXPECT_TRUE(masks[1].select(1, 2).equal(at::arange(0, 6, 2, at::kByte)));
}

TEST_F(ClassMasksTest, ASplitRefusesOtherProportionsByName) {
  WritePair("1.png", "1.png");
  Write("label/1.png", ForgePng(Numbers(6, 6)));
  ASSERT_OK_AND_ASSIGN(MaskedFiles files, Pair());
  MaskedSplitOptions options;
  options.classes = 5;
  options.shorter_side = 3;
  const MaskedSplit split(files, options);
  EXPECT_THAT(split.Masks(at::arange(1, at::kLong)),
              StatusMessageIs(absl::StrCat(Path("label/1.png"),
                                           " has 6 x 6 pixels; width to height must be 4 to 3")));
}

}  // namespace
}  // namespace dfkd
