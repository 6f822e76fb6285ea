#include <gtest/gtest.h>

#include "dfkd/schedules/constant.pb.h"
#include "dfkd/schedules/schedule_testing.h"

namespace dfkd {
namespace {

TEST(Constant, EqualsPyTorch) { ExpectEqualsPyTorch(ConstantConfig(), 5, "constant"); }

}  // namespace
}  // namespace dfkd
