import { expect, it } from 'vitest';
import { nextHop } from './request.ts';

const hop = (from: string, to: string) => nextHop(new URL(from), to, 'someone/model@v1').href;

it('leads from a page to another, by whole addresses and by parts of them', () => {
  expect(hop('https://hub/a/b', '/c')).toBe('https://hub/c');
  expect(hop('https://hub/a/b', 'https://cdn/x?y')).toBe('https://cdn/x?y');
  expect(hop('http://hub:8080/', 'https://hub/')).toBe('https://hub/');
  expect(hop('http://hub/', 'http://other/')).toBe('http://other/');
});

it.each(['http://hub/a', 'file:///etc/passwd', 'data:,x', 'https://a:b@hub/', 'https://'])(
  'never from https to %s',
  (to) => {
    expect(() => hop('https://hub/a', to)).toThrow(/redirects .* was not followed/);
  },
);
