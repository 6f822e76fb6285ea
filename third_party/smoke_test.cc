// Uses every library once, in one binary: that they compile, link and run side by side.

#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <gflags/gflags.h>
#include <glog/logging.h>
#include <gtest/gtest.h>
#include <jpeglib.h>  // Needs <cstdio>, which gtest brings.
#include <png.h>
#include <utf8proc.h>
#include <zlib.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "crc32c/crc32c.h"
#include "google/protobuf/text_format.h"
#include "nlohmann/json.hpp"
#include "third_party/smoke_test.pb.h"

DEFINE_int32(size, 3, "Rows of the matrices.");

namespace dfkd::third_party {
namespace {

TEST(ThirdParty, TorchMultipliesAndDifferentiates) {
  const at::Tensor left = at::ones({FLAGS_size, 2}).requires_grad_();
  const at::Tensor product = at::matmul(left, at::full({2, FLAGS_size}, 2.0));
  // 1 * 2 + 1 * 2 in each of the 3 x 3 places.
  EXPECT_EQ(product.sum().item<double>(), 36.0);
  product.sum().backward();
  // Each entry of `left` meets three 2s.
  EXPECT_TRUE(at::equal(left.grad(), at::full({FLAGS_size, 2}, 6.0)));
}

absl::StatusOr<int> ParseInt(const std::string& text) {
  int value = 0;
  if (!absl::SimpleAtoi(text, &value)) return absl::InvalidArgumentError(text);
  return value;
}

TEST(ThirdParty, StatusOrHoldsAValueOrAnError) {
  EXPECT_EQ(*ParseInt("7"), 7);
  EXPECT_EQ(ParseInt("seven").status().message(), "seven");
}

TEST(ThirdParty, LogMacrosAreGlogs) {
  LOG(INFO) << "glog";
  CHECK_EQ(1 + 1, 2) << "checked by glog";
  const google::LogSeverity severity = google::GLOG_WARNING;
  EXPECT_EQ(severity, 1);
}

TEST(ThirdParty, TextFormatReadsAnAnyByItsLinkedType) {
  SmokeTest message;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      "config { [type.googleapis.com/dfkd.third_party.SmokeTest] { momentum: 0.5 } }", &message));
  EXPECT_EQ(message.momentum(), 0.9);
  SmokeTest inner;
  ASSERT_TRUE(message.config().UnpackTo(&inner));
  EXPECT_EQ(inner.momentum(), 0.5);
  EXPECT_EQ(SmokeTest::descriptor()->FindFieldByName("momentum")->options().GetExtension(unit),
            "1");
}

TEST(ThirdParty, JsonReportsWhereItIsMalformed) {
  EXPECT_EQ(nlohmann::json::parse(R"({"a": [1, 2]})")["a"][1], 2);
  try {
    FAIL() << "read a malformed list: " << nlohmann::json::parse("[1, }");
  } catch (const nlohmann::json::parse_error& error) {
    EXPECT_EQ(error.byte, 5u);
  }
}

// Header and library must be of one version, else a system's copy was picked up.
TEST(ThirdParty, LibrariesMatchTheirHeaders) {
  EXPECT_STREQ(png_get_libpng_ver(nullptr), PNG_LIBPNG_VER_STRING);
  EXPECT_STREQ(png_get_libpng_ver(nullptr), "1.6.39");
  EXPECT_STREQ(zlibVersion(), "1.2.13");
  EXPECT_STREQ(utf8proc_version(), "2.8.0");
  jpeg_error_mgr errors;
  jpeg_decompress_struct decoder;
  decoder.err = jpeg_std_error(&errors);
  // Exits where the structures differ from the library's.
  jpeg_create_decompress(&decoder);
  jpeg_destroy_decompress(&decoder);
}

TEST(ThirdParty, Crc32cAgreesWithTheStandard) {
  // RFC 3720, B.4: 32 bytes of zeros.
  EXPECT_EQ(crc32c::Crc32c(std::string(32, '\0')), 0x8a9136aau);
}

TEST(ThirdParty, DigitsAreGzipped) {
  gzFile file = gzopen("external/sklearn_digits/digits.csv.gz", "rb");
  ASSERT_NE(file, nullptr);
  int lines = 0;
  for (int c = gzgetc(file); c != -1; c = gzgetc(file)) lines += c == '\n';
  gzclose(file);
  EXPECT_EQ(lines, 1797);
}

TEST(ThirdParty, SentenceEncoderHasItsVocabulary) {
  std::ifstream file("external/minilm/vocab.txt");
  int lines = 0;
  for (std::string line; std::getline(file, line);) ++lines;
  EXPECT_EQ(lines, 30522);
}

}  // namespace
}  // namespace dfkd::third_party
