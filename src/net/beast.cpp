// SPDX-License-Identifier: Apache-2.0
// The compiled part of Boost.Beast, once in the program.
#include <boost/beast/src.hpp>
