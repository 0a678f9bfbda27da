import { graphql } from '../generated/gql.ts';

export const SEND_EMAIL_OTP = graphql(`
  mutation SendEmailOtp {
    sendEmailOtp {
      __typename
      ... on SendEmailOtpPayload {
        token
        expiresIn
        email
      }
      ... on Error {
        code
      }
    }
  }
`);

export const VERIFY_EMAIL_OTP = graphql(`
  mutation VerifyEmailOtp($input: VerifyEmailOtpInput!) {
    verifyEmailOtp(input: $input) {
      __typename
      ... on VerifyEmailOtpPayload {
        email
      }
      ... on Error {
        code
      }
    }
  }
`);

export const CHANGE_EMAIL = graphql(`
  mutation ChangeEmail($input: ChangeEmailInput!) {
    changeEmail(input: $input) {
      __typename
      ... on ChangeEmailPayload {
        token
        expiresIn
        email
      }
    }
  }
`);
