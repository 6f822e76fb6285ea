#include "dfkd/encoders/class_prompt.h"

#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;

TEST(ClassPromptTest, UnderscoresAndHyphensBecomeSpaces) {
  EXPECT_EQ(CleanClassName("sea_lion"), "sea lion");
  EXPECT_EQ(CleanClassName("t-shirt_red"), "t shirt red");
  EXPECT_EQ(CleanClassName("zero"), "zero");
}

TEST(ClassPromptTest, TheNameStandsInThePlaceOfTheBraces) {
  EXPECT_THAT(RenderPrompts("a image of {}", true, {"sea_lion", "cat"}),
              ElementsAre("a image of sea lion", "a image of cat"));
  EXPECT_THAT(RenderPrompts("{}, seen from afar", false, {"sea_lion"}),
              ElementsAre("sea_lion, seen from afar"));
  EXPECT_THAT(RenderPrompts("{}", true, {"{}"}), ElementsAre("{}"));
}

TEST(ClassPromptTest, APromptHoldsTheBracesOnce) {
  EXPECT_OK(CheckPrompt("a image of {}"));
  EXPECT_OK(CheckPrompt("{}"));
  EXPECT_THAT(
      CheckPrompt("a image"),
      StatusMessageIs("prompt is \"a image\"; must hold {} where the class name goes, as in "
                      "\"a photo of a {}\""));
  EXPECT_THAT(CheckPrompt("{} and {}"),
              StatusMessageIs("prompt is \"{} and {}\"; must hold {} only once"));
}

}  // namespace
}  // namespace dfkd
