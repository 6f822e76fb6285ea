// Matchers for absl::Status and absl::StatusOr, for every test of the tree.
//
//   EXPECT_OK(Write(path));
//   ASSERT_OK_AND_ASSIGN(Spec spec, Load(path));
//   EXPECT_THAT(Load("absent"), StatusHas(absl::StatusCode::kNotFound, "absent"));
//   EXPECT_THAT(Check(config), StatusMessageIs("BnStatConfig.momentum is 1.5; must be in [0, 1)"));
#ifndef DFKD_CORE_TESTING_H_
#define DFKD_CORE_TESTING_H_

#include <ostream>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace testing_internal {

inline const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& status_or) {
  return status_or.status();
}

}  // namespace testing_internal

MATCHER(IsOk, negation ? "is an error" : "is OK") {
  const absl::Status& status = testing_internal::StatusOf(arg);
  if (!status.ok()) *result_listener << status;
  return status.ok();
}

// The code, and a message that contains `substring`.
MATCHER_P2(StatusHas, code, substring, "") {
  const absl::Status& status = testing_internal::StatusOf(arg);
  *result_listener << status;
  return status.code() == code &&
         std::string(status.message()).find(std::string(substring)) != std::string::npos;
}

// An error with exactly this message.
MATCHER_P(StatusMessageIs, message, "") {
  const absl::Status& status = testing_internal::StatusOf(arg);
  *result_listener << status;
  return !status.ok() && std::string(status.message()) == std::string(message);
}

// An error with a message that contains `substring`.
MATCHER_P(StatusMessageHas, substring, "") {
  const absl::Status& status = testing_internal::StatusOf(arg);
  *result_listener << status;
  return !status.ok() &&
         std::string(status.message()).find(std::string(substring)) != std::string::npos;
}

}  // namespace dfkd

#define EXPECT_OK(expr) EXPECT_THAT((expr), ::dfkd::IsOk())
#define ASSERT_OK(expr) ASSERT_THAT((expr), ::dfkd::IsOk())

#define DFKD_TESTING_CONCAT_INNER_(a, b) a##b
#define DFKD_TESTING_CONCAT_(a, b) DFKD_TESTING_CONCAT_INNER_(a, b)
#define ASSERT_OK_AND_ASSIGN(lhs, expr) \
  ASSERT_OK_AND_ASSIGN_IMPL_(DFKD_TESTING_CONCAT_(dfkd_test_statusor_, __LINE__), lhs, expr)
#define ASSERT_OK_AND_ASSIGN_IMPL_(var, lhs, expr) \
  auto var = (expr);                               \
  ASSERT_THAT(var, ::dfkd::IsOk());                \
  lhs = std::move(var).value()

#endif  // DFKD_CORE_TESTING_H_
