#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# malformed.sh WEIR_STOCK: files of prices that are not what they should be are refused with status
# 2 and one sentence that names file and line; what is only odd is read.
. "$(dirname "$0")/common.sh"
count=0

refused() { # SENTENCE TEXT: the sentence without the file's name in front; text as printf has it
    printf "$2" >bad.csv
    expect 2 "bad.csv$1" --data bad.csv
    count=$((count + 1))
}

head='date,close\n'
days='2020-01-01,1\n2020-01-02,2\n2020-01-03,3\n'
header=":1: expected the header 'date,close'"
form="expected YYYY-MM-DD,close with a date that exists"
number="expected a positive decimal number"

refused "$header" ''
refused "$header" '\n'
refused "$header" 'Date,Close\n2020-01-01,1\n'
refused "$header" '2020-01-01,1\n'
refused "$header" 'date;close\n2020-01-01;1\n'
refused "$header" 'date,close,volume\n2020-01-01,1,5\n'
refused ":1: byte 0xef in column 1; expected plain ASCII text" '\357\273\277\357\273\277date,close\n'
refused ":1: byte 0x0d in column 11; expected plain ASCII text" 'date,close\r\r\n2020-01-01,1\r\n'
refused ":2: byte 0x0d in column 5; expected plain ASCII text" 'date,close\n2020\r-01-01,1\r\n'
refused ": no days in it" "$head"
refused ": no days in it" "$head\n"
refused ":3: an empty line between days; take it out" "${head}2020-01-01,1\n\n\n2020-01-02,1\n"
refused ":2: '2020-01-01': $form" "${head}2020-01-01\n"
refused ":2: '2020-13-01,1': $form" "${head}2020-13-01,1\n"
refused ":2: '2020-02-30,1': $form" "${head}2020-02-30,1\n"
refused ":2: '20-02-03,1': $form" "${head}20-02-03,1\n"
refused ":2: '2020/02/03,1': $form" "${head}2020/02/03,1\n"
refused ":2: '01.02.2020,1': $form" "${head}01.02.2020,1\n"
refused ":2: ' 2020-01-01,1': $form" "${head} 2020-01-01,1\n"
refused ":2: '2020-01-01;1': $form" "${head}2020-01-01;1\n"
refused ":2: '' is no price; $number" "${head}2020-01-01,\n"
refused ":2: 'abc' is no price; $number" "${head}2020-01-01,abc\n"
refused ":2: '-5' is no price; $number" "${head}2020-01-01,-5\n"
refused ":2: '0' is no price; $number" "${head}2020-01-01,0\n"
refused ":2: '0.000' is no price; $number" "${head}2020-01-01,0.000\n"
refused ":2: 'nan' is no price; $number" "${head}2020-01-01,nan\n"
refused ":2: 'inf' is no price; $number" "${head}2020-01-01,inf\n"
refused ":2: '1e5' is no price; $number" "${head}2020-01-01,1e5\n"
refused ":2: '0x1p3' is no price; $number" "${head}2020-01-01,0x1p3\n"
refused ":2: '1.' is no price; $number" "${head}2020-01-01,1.\n"
refused ":2: '1,234.5' is no price; $number" "${head}2020-01-01,1,234.5\n"
refused ":2: '1 ' is no price; $number" "${head}2020-01-01,1 \n"
refused ":2: '99999999999999' is no price; $number" "${head}2020-01-01,99999999999999\n"
refused ":3: 2020-01-01 does not come after the day before it; sort the file" \
    "${head}2020-01-01,1\n2020-01-01,2\n"
refused ":3: 2019-12-31 does not come after the day before it; sort the file" \
    "${head}2020-01-01,1\n2019-12-31,2\n"
refused ":2: byte 0x00 in column 5; expected plain ASCII text" "${head}2020\0-01-01,1\n"
refused ":2: byte 0x1b in column 12; expected plain ASCII text" "${head}2020-01-01,\033[31m\n"
refused ":2: a line of more than 64 bytes; expected a date and a price" \
    "${head}2020-01-01,1$(printf '0%.0s' {1..80})\n"
refused ": 1 days of prices: at least 3 are needed*" "${head}2020-01-01,1\n"
refused ": 2 days of prices: at least 3 are needed*" "${head}2020-01-01,1\n2020-01-02,2\n"
head -c 100000 /dev/zero >zero.csv
expect 2 "zero.csv:1: a line of more than 64 bytes; expected a date and a price" --data zero.csv
expect 2 "nowhere.csv cannot be read: No such file or directory; give the path of a file 'date,close'" \
    --data nowhere.csv
mkdir folder
expect 2 "folder cannot be read: *" --data folder
[[ $count -ge 25 ]] || fail "only $count malformed files: there should be at least 25"

accepted() { # WHAT TEXT ARGUMENT...
    printf "$2" >odd.csv
    run --data odd.csv --units 3 --epochs 1 "${@:3}" >out 2>err || complain "$1: $(<err)"
}
accepted "three days" "$head$days"
accepted "a last line that does not end" "${head}2020-01-01,1\n2020-01-02,2\n2020-01-03,3"
accepted "what spreadsheets write" \
    '\357\273\277date,close\r\n2020-01-01,1\r\n2020-01-02,2\r\n2020-01-03,3\r\n\r\n'
accepted "empty last lines" "$head$days\n\n"
accepted "prices that never change" \
    "${head}2020-01-01,7\n2020-01-02,7\n2020-01-03,7\n2020-01-04,7\n2020-01-05,7\n"
accepted "nothing held out" "$head$days" --test 0 --validation 0
grep -q 'Nothing was held out' out || complain "nothing held out: $(<out)"
! grep -qE '\b-?nan\b' out || complain "a NaN is shown: $(<out)"
verdict "$count malformed files are refused, each with its place"
