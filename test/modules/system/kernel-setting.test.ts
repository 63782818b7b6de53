import { expect, test } from 'vitest'
import { sameSetting, settingPath } from '../../../src/modules/system/kernel-setting.ts'

test('the first separator of a name says what parts it, as sysctl.d(5) has it', () => {
  expect(settingPath('vm.swappiness')).toBe('/proc/sys/vm/swappiness')
  expect(settingPath('net/ipv4/conf/eth0.1/rp_filter')).toBe('/proc/sys/net/ipv4/conf/eth0.1/rp_filter')
  expect(settingPath('net.ipv4.conf.eth0/1.rp_filter')).toBe('/proc/sys/net/ipv4/conf/eth0.1/rp_filter')
})

test('blanks between words count once', () => {
  expect(sameSetting('4096\t87380  6291456\n', '4096 87380 6291456')).toBe(true)
  expect(sameSetting('40 96', '4096')).toBe(false)
})
