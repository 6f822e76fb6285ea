#include "dfkd/core/shipped_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

TEST(ShippedFile, IsFoundAmongTheRunfiles) {
  ASSERT_OK_AND_ASSIGN(const std::string path,
                       FindShippedFile("dfkd/dfkd/core/shipped_file_test.cc", "share/absent"));
  std::ifstream file(path);
  std::stringstream content;
  content << file.rdbuf();
  EXPECT_NE(content.str().find("IsFoundAmongTheRunfiles"), std::string::npos);
}

TEST(ShippedFile, NamesBothPlacesWhereItIsMissing) {
  const auto found = FindShippedFile("digits_repository/digits.csv.gz", "share/digits.csv.gz");
  EXPECT_THAT(found,
              StatusHas(absl::StatusCode::kNotFound, "/digits_repository/digits.csv.gz nor at /"));
  EXPECT_THAT(found, StatusMessageHas("/share/digits.csv.gz; put it there"));
}

}  // namespace
}  // namespace dfkd
